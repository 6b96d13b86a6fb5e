"""The results of the section for people, and its goals."""

from measuring.goals import Goal
from measuring.markdown import count, digits, table, with_quartiles

_HEAD = """\
A full sync fills an empty store with the guide's three tables, from the start of \
postmirror-sync until all is on the disk. `stream` fetches the rows of the same three \
SELECTs and throws them away; `load` appends the same entries, sorted and in memory \
before the clock starts, to LMDB in one durable transaction; `mdb_load` does so from a \
text, and commits every hundred entries. Seconds, medians of rounds in turns with \
quartiles; the ratio is that of each round.

"""
_SUMMARY = """\
A full sync of the guide's three tables beside fetching the same rows and throwing them \
away, and beside loading the same entries, sorted before, into LMDB; and what sync holds \
in memory meanwhile.

"""

_FULL = ("aliases", "rows", "rounds", "sync", "stream", "load", "mdb_load")
_FULL += ("sync : (stream + load)", "CPU of sync", "CPU ratio")

_MEMORY = """
### Memory

What sync itself holds (RssAnon, asked every 5 ms; not the pages of the store's file), \
LMDB's pages that wait for the commit included. Bytes a row are beyond what is left \
once the smallest table is filled: what that takes at its height is the collation's \
weights, gone before a row is read.

"""
_GOAL_ROWS = "1000000"


def render(results):
    """Returns the section of the report."""
    rows = [_full_row(int(size), each) for size, each in results["full"].items()]
    text = _HEAD + table(_FULL, rows) + _MEMORY
    head = ("aliases", "at its height", "bytes a row", "afterwards")
    return text + table(head, _memory_rows(results)) + _render_following(results)


def summary(results):
    """Returns the full syncs and their memory."""
    head = ("aliases", "sync, s", "stream, s", "load, s", "mdb_load, s", "bytes a row")
    rows = [
        (
            count(int(size)),
            *(
                digits(each[name]["median"])
                for name in ("sync", "stream", "load", "mdb_load")
            ),
            digits(_bytes_per_row(results, size) or 0),
        )
        for size, each in results["full"].items()
    ]
    return _SUMMARY + table(head, rows)


def goals(results):
    """Returns the goals of which the tables are large enough."""
    if _GOAL_ROWS not in results["full"]:
        return []
    following = results["following"]
    return [
        Goal(
            "full sync of 1M aliases: raw streaming + LMDB load",
            1.5,
            results["full"][_GOAL_ROWS]["ratio"]["median"],
        ),
        Goal(
            "memory of a full sync of 1M aliases, a row",
            150,
            _bytes_per_row(results, _GOAL_ROWS),
            "bytes",
        ),
        Goal(
            "pages written for one changed row of 1M",
            16,
            following["pages"]["median"],
            "pages",
        ),
        *(
            Goal(
                f"both daemons idle, {source}",
                0.5,
                100 * sum(part["median"] for part in each.values()),
                "% of a core",
            )
            for source, each in results["idle"].items()
        ),
    ]


def _full_row(size, figures):
    return (
        count(size),
        figures["rows"],
        figures["sync"]["n"],
        *(
            with_quartiles(figures[name])
            for name in ("sync", "stream", "load", "mdb_load", "ratio")
        ),
        with_quartiles(figures["sync_cpu"]),
        with_quartiles(figures["cpu_ratio"]),
    )


def _memory_rows(results):
    for size, memory in results["memory"].items():
        per_row = _bytes_per_row(results, size)
        yield (
            count(int(size)),
            _megabytes(memory["peak"]),
            "-" if per_row is None else digits(per_row),
            _megabytes(memory["after"]),
        )


def _bytes_per_row(results, size):
    """What sync holds at its height beyond what it holds once the smallest table is
    filled; nothing is said of that table itself."""
    smallest = min(results["memory"], key=int)
    if size == smallest:
        return None
    memory = results["memory"]
    held = memory[size]["peak"] - memory[smallest]["after"]
    return held / results["full"][size]["rows"]


def _render_following(results):
    following = results["following"]
    size = count(int(next(iter(results["full"]))))
    text = f"\n### Following, {size} aliases\n\n"
    text += (
        f"* a resync with nothing changed writes nothing to the store, and takes"
        f" {digits(following['resync_cpu'])} s of a core, its start included\n"
        f"* one changed row, by binlog: {with_quartiles(following['pages'])} pages of"
        f" the store differ; sync writes {with_quartiles(following['written'])} bytes,"
        f" its status file's included, and takes"
        f" {digits(1000 * following['change_cpu']['median'])} ms of a core\n"
    )
    for source, idle in results["idle"].items():
        text += (
            f"* idle, {source}: sync {_percent(idle['sync'])}, proxy"
            f" {_percent(idle['proxy'])} of a core\n"
        )
    return text


def _percent(figures):
    parts = {name: 100 * part for name, part in figures.items()}
    return f"{with_quartiles(parts)} %"


def _megabytes(size):
    return f"{digits(size / 1e6)} MB"
