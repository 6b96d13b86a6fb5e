"""What is measured. A section is a module with

    NAME      the word that --only takes
    TITLE     its heading in the report
    measure(bench) -> results, of what JSON can hold; fails with AssertionError
    render(results) -> its part of the report, in Markdown, without the heading
    summary(results) -> the short form of it, for the README; optional
    goals(results) -> the Goals, which may be none
    plots(results, folder) -> names of the SVG files that it drew there; optional

A section fails on functional errors only, such as a wrong reply, never on a figure.
"""

from . import (
    changes,
    connections,
    follow,
    lookups,
    metrics,
    micro,
    postmap,
    size,
    sync_cost,
)

SECTIONS = (
    lookups,
    changes,
    connections,
    postmap,
    sync_cost,
    follow,
    size,
    metrics,
    micro,
)
