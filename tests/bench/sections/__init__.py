"""What is measured. A section is a module with

    NAME      the word that --only takes
    TITLE     its heading in the report
    measure(bench) -> results, of what JSON can hold; fails with AssertionError
    render(results) -> its part of the report, in Markdown, without the heading
    goals(results) -> a list of Goal, which may be empty

A section fails on functional errors only, such as a wrong reply, never on a figure.
"""

from . import follow, sync_cost

SECTIONS = (follow, sync_cost)
