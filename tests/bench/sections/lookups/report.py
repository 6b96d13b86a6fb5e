"""The results of the section for people, its plot and its goals."""

import statistics

from measuring import markdown
from measuring.figures import equal, quartiles
from measuring.goals import Goal
from measuring.plots import Series, draw_lines

from .cells import HITS, HOT, LARGE, MISSES, SMALL, USUAL
from .contenders import MEMCACHED, NULL, OURS, REDIS, TCP_TABLE, TRANSPORTS

_HEAD = """\
Each server has one thread and one core, who asks has another and polls; a connection \
has one request under way. CPU is the server's, in microseconds a request, user and \
system: the median of {rounds} rounds, in each of which all servers were asked in an \
order drawn anew, with the quartiles. The null server has the proxy's event loop and \
sends a fixed reply: the ceiling. 200,000 of the keys are asked for, drawn uniformly; \
hot keys are 20,000, drawn by Zipf's law (0.99). A miss is tried as three keys. The \
proxy keeps at most 262,144 replies, so that two thirds of 200,000 keys are answered \
without the store, and nearly all of 10k. To ask and to receive costs the load generator {own} \
µs a request (over {transport}): where the server needs less, it is the generator that \
limits the requests a second.

"""

_SUMMARY = """\
Microseconds of the server's CPU for one lookup. The null server has the proxy's event \
loop and sends a fixed reply: what the kernel takes.

"""

_NAMES = (NULL, OURS, TCP_TABLE, MEMCACHED, REDIS)

# At most this many times the null server's CPU.
_OF_NULL = {"tcp": 1 / 0.85, "unix": 1 / 0.70}
_OF_NULL_CROWDED = {"tcp": 1 / 0.85, "unix": 1 / 0.60}
_OF_MEMCACHED = {"tcp": 1.0, "unix": 0.9}
_MISS_OF_HIT = {"tcp": 1.3, "unix": 1.5}
_HOT_OF_NULL = 1 / 0.95
_FLAT = 1.25


def render(results):
    """Returns the section of the report."""
    text = _HEAD.format(
        rounds=len(_runs(results["cells"][0], NULL)),
        own=" and ".join(_own_cost(results, transport) for transport in TRANSPORTS),
        transport=" and ".join(TRANSPORTS),
    )
    head = ("keys", "entries", "over", "connections", *_NAMES)
    text += markdown.table(head, map(_cpu_row, results["cells"]))
    text += "\nRequests a second (thousands) / 99th percentile of the latency (µs):\n\n"
    return text + markdown.table(head, map(_speed_row, results["cells"]))


def summary(results):
    """Returns the CPU of hits, and of what else there is over unix sockets."""
    rows = [
        (
            f"{cell['keys']}, {cell['transport']}, {cell['connections']} connections",
            *(
                markdown.digits(_cpu(cell, name)) if name in cell["runs"] else ""
                for name in _NAMES
            ),
        )
        for cell in results["cells"]
        if cell["rows"] == USUAL
        and (cell["keys"] == HITS or cell["connections"] == 100)
    ]
    return _SUMMARY + markdown.table(("1M entries", *_NAMES), rows)


def plots(results, folder):
    """Draws CPU by connections; returns the names of the files."""
    files = []
    for transport in TRANSPORTS:
        lines = [
            Series(
                name,
                [
                    (cell["connections"], _cpu(cell, name))
                    for cell in results["cells"]
                    if _is(cell, rows=USUAL, transport=transport, keys=HITS)
                    and name in cell["runs"]
                ],
            )
            for name in _NAMES
        ]
        lines = [line for line in lines if line.points]
        if lines:
            files.append(f"lookups-{transport}.svg")
            draw_lines(
                folder / files[-1],
                f"CPU of the server, µs a request ({transport}, 1M entries)",
                "connections",
                lines,
            )
    return files


def goals(results):
    """Returns the goals for what was measured."""
    found = []
    for cell in results["cells"]:
        found += _goals_of_cell(cell, results["cells"])
    return found


def _goals_of_cell(cell, cells):
    transport = cell["transport"]
    where = f"{transport}, {cell['connections']} connections"
    if _is(cell, rows=USUAL, keys=HITS):
        limits = _OF_NULL_CROWDED if cell["connections"] >= 1000 else _OF_NULL
        yield _goal(
            f"CPU of a hit to the null server's: {where}",
            limits[transport],
            _costs(cell, OURS),
            _costs(cell, NULL),
        )
        yield _goal(
            f"CPU of a hit to memcached's: {where}",
            _OF_MEMCACHED[transport],
            _costs(cell, OURS),
            _costs(cell, MEMCACHED),
        )
    if cell["keys"] == MISSES:
        [hits] = (each for each in cells if _is(each, **{**_place(cell), "keys": HITS}))
        yield _goal(
            f"CPU of a miss to a hit's: {where}",
            _MISS_OF_HIT[transport],
            _costs(cell, OURS),
            _costs(hits, OURS),
        )
    if cell["keys"] == HOT:
        yield _goal(
            f"CPU of a hot key to the null server's: {where}",
            _HOT_OF_NULL,
            _costs(cell, OURS),
            _costs(cell, NULL),
        )
    if _is(cell, rows=LARGE, transport="tcp", keys=HITS):
        where_small = {**_place(cell), "rows": SMALL}
        [small] = (each for each in cells if _is(each, **where_small))
        yield _goal(
            f"CPU of a hit, 10M entries to 10k: {where}",
            _FLAT,
            _costs(cell, OURS),
            _costs(small, OURS),
        )


def _goal(what, limit, ours, theirs):
    ratio = statistics.median(a / b for a, b in zip(ours, theirs))
    scaled = quartiles([limit * each for each in theirs])
    return Goal(what, limit, ratio, equal=equal(quartiles(ours), scaled))


def _place(cell):
    return {key: cell[key] for key in ("rows", "transport", "connections", "keys")}


def _is(cell, **wanted):
    return all(cell[key] == value for key, value in wanted.items())


def _runs(cell, name):
    return cell["runs"][name]


def _costs(cell, name):
    return [run["server_cpu_us"] for run in _runs(cell, name)]


def _cpu(cell, name):
    return statistics.median(_costs(cell, name))


def _own_cost(results, transport):
    return markdown.digits(
        statistics.median(
            run["own_us"]
            for cell in results["cells"]
            if cell["transport"] == transport and cell["connections"] > 1
            for runs in cell["runs"].values()
            for run in runs
        )
    )


def _names(cell):
    return (
        cell["keys"],
        markdown.count(cell["rows"]),
        cell["transport"],
        cell["connections"],
    )


def _cpu_row(cell):
    return (
        *_names(cell),
        *(
            markdown.with_quartiles(quartiles(_costs(cell, name)))
            if name in cell["runs"]
            else ""
            for name in _NAMES
        ),
    )


def _speed_row(cell):
    def of(name):
        if name not in cell["runs"]:
            return ""
        runs = _runs(cell, name)
        rate = statistics.median(run["per_second"] for run in runs) / 1000
        late = statistics.median(run["p99_us"] for run in runs)
        return f"{markdown.digits(rate)} / {markdown.digits(late)}"

    return (*_names(cell), *map(of, _NAMES))
