"""The results of the section for people, and its goals."""

from measuring.figures import equal
from measuring.goals import Goal
from measuring.markdown import count, digits, table, with_quartiles

_HEAD = """\
`postmap -q - TABLE < keys`, keys at random, all found, one after the other over one \
connection. Microseconds a key, median (quartiles) of rounds in which all tables took \
turns; the start of the process is subtracted. On two cores, postmap has one and all \
servers the other, as where a mail server has little to do: most of the time is that \
of waking a core. On one core the time is the work of all. CPU is that of postmap, the \
server, and proxymap where it is between them. `no index`: the same table without the \
index that schema/sql/tables.sql adds to the guide's; MariaDB then reads all rows for \
a key, and few were asked for.
"""

_SUMMARY = """\
Microseconds a key, as Postfix's own client sees it: until the reply is there, with \
client and server on a core each; and the CPU time of client, server and proxymap.

"""

_OURS = "socketmap:unix:"
_THEIRS = "mysql: (indexed, unix)"
_COLUMNS = (
    "table",
    "time, two cores",
    "time, one core",
    "CPU, one core",
    f"CPU : {_OURS}",
    "CPU of the server",
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


def summary(results):
    """Returns what the largest tables cost."""
    size = results["sizes"][-1]
    rows = [
        (
            name,
            *(
                digits(each["placements"][placement][figure]["median"])
                for placement, figure in (("two cores", "wall"), ("one core", "cpu"))
            ),
        )
        for name, each in size["tables"].items()
    ]
    head = (f"{count(size['rows'])} entries", "time", "CPU of all")
    return _SUMMARY + table(head, rows)


def goals(results):
    """Returns the goals: not above mysql: on the same machine."""
    found = []
    for size in results["sizes"]:
        for figure, placement, key in (
            ("time on two cores", "two cores", "wall"),
            ("CPU on one core", "one core", "cpu"),
        ):
            ours, theirs = (
                size["tables"][name]["placements"][placement][key]
                for name in (_OURS, _THEIRS)
            )
            found.append(
                Goal(
                    f"{_OURS} to {_THEIRS}, {count(size['rows'])}: {figure}",
                    1,
                    ours["median"] / theirs["median"],
                    equal=equal(ours, theirs),
                )
            )
    return found


def _row(name, figures, ours):
    apart = figures["placements"]["two cores"]
    together = figures["placements"]["one core"]
    ratio = together["cpu"]["median"] / ours["placements"]["one core"]["cpu"]["median"]
    return (
        name,
        with_quartiles(apart["wall"]),
        with_quartiles(together["wall"]),
        with_quartiles(together["cpu"]),
        digits(ratio),
        digits(together["server_cpu"]["median"]),
        figures["keys"],
    )
