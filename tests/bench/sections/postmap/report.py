"""The results of the section for people, and its goals."""

from measuring.figures import equal
from measuring.goals import Goal
from measuring.markdown import count, digits, table, with_quartiles

_HEAD = """\
`postmap -q - TABLE < keys`, keys at random, all found, one after the other over one \
connection. Microseconds a key, median (quartiles) of rounds in which all tables took \
turns; the start of the process is subtracted. CPU is of postmap, the server, and \
proxymap where it is between them; nothing is pinned to a core, so that wake-ups across \
cores are in the time. `no index`: the same table without the index that \
schema/sql/tables.sql adds to the guide's; MariaDB then reads all rows for a key, which \
is why few were asked for.
"""

_OURS = "socketmap:unix:"
_THEIRS = "mysql: (indexed, unix)"
_COLUMNS = (
    "table",
    "time",
    f"time : {_OURS}",
    "CPU",
    f"CPU : {_OURS}",
    "of it the server",
    "keys a run",
)


def render(results):
    """Returns the section of the report."""
    text = _HEAD
    for size in results["sizes"]:
        text += f"\n### {count(size['rows'])} entries, {size['rounds']} rounds\n\n"
        ours = size["tables"][_OURS]
        rows = [_row(name, each, ours) for name, each in size["tables"].items()]
        text += table(_COLUMNS, rows)
    return text


def goals(results):
    """Returns the goals: not above mysql: on the same machine."""
    found = []
    for size in results["sizes"]:
        ours, theirs = size["tables"][_OURS], size["tables"][_THEIRS]
        for key, word in (("wall", "time"), ("cpu", "CPU")):
            found.append(
                Goal(
                    f"postmap, {count(size['rows'])}: {word}, {_OURS} to {_THEIRS}",
                    1,
                    ours[key]["median"] / theirs[key]["median"],
                    equal=equal(ours[key], theirs[key]),
                )
            )
    return found


def _row(name, figures, ours):
    ratios = [
        digits(figures[key]["median"] / ours[key]["median"]) for key in ("wall", "cpu")
    ]
    return (
        name,
        with_quartiles(figures["wall"]),
        ratios[0],
        with_quartiles(figures["cpu"]),
        ratios[1],
        digits(figures["server_cpu"]["median"]),
        figures["keys"],
    )
