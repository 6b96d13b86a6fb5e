"""What lookups cost while sync reads everything anew, and while a row changes."""

import statistics

from measuring import markdown
from measuring.figures import equal, quartiles
from measuring.goals import Goal
from measuring.load import run_load
from measuring.mirror import open_mirror
from measuring.process import cpu_seconds
from measuring.writer import Writer
from support.postmap import found
from support.waiting import wait_until

NAME = "changes"
TITLE = "Lookups beside changes"

_ROUNDS, _QUICK_ROUNDS = 15, 2
_ROWS = 1_000_000
_CONNECTIONS = 100
# A run that sync's reading did not outlast is none.
_TRIES = 5
_RATE = 1000
_QUIET, _RESYNC, _COMMITS = "quiet", "full resync", "commits"
_LIMIT = 1.25

_HEAD = """\
{rows} aliases, {connections} connections over a unix socket, hits. In turns: with \
sync idle; while sync, started anew, reads and compares everything; while {rate} \
transactions a second change a row that nobody asks for, and sync follows them by \
binlog, which makes the replies that the proxy keeps void each time. CPU is the \
proxy's, in microseconds a request: medians of {rounds} rounds with quartiles.

"""


def measure(bench):
    """Returns the runs of each state, and the rate of commits that was reached."""
    rounds = _QUICK_ROUNDS if bench.quick else _ROUNDS
    runs = {_QUIET: [], _RESYNC: [], _COMMITS: []}
    rates = []
    database = bench.database(_ROWS)
    with open_mirror(bench.folder / NAME, database, keep_sync=True) as mirror:
        for number in range(rounds):
            bench.say(f"round {number + 1} of {rounds}")
            runs[_QUIET].append(_run(mirror, number))
            runs[_RESYNC].append(_run_beside_resync(mirror, number))
            with Writer(database, _RATE) as writer:
                runs[_COMMITS].append(_run(mirror, number))
            rates.append(writer.per_second)
            _check_followed(mirror, writer)
    return {"rows": _ROWS, "runs": runs, "commits_per_second": rates}


def render(results):
    """Returns the section of the report."""
    text = _HEAD.format(
        rows=markdown.count(results["rows"]),
        connections=_CONNECTIONS,
        rate=markdown.digits(statistics.median(results["commits_per_second"])),
        rounds=len(results["runs"][_QUIET]),
    )
    rows = [
        (
            state,
            markdown.with_quartiles(quartiles(_costs(runs))),
            *(
                markdown.digits(statistics.median(run[key] for run in runs) / scale)
                for key, scale in (("per_second", 1000), ("p50_us", 1), ("p99_us", 1))
            ),
        )
        for state, runs in results["runs"].items()
    ]
    return text + markdown.table(
        ("state", "CPU", "1000 requests/s", "median µs", "99th percentile µs"), rows
    )


def goals(results):
    """Returns the goal for the CPU of a lookup."""
    quiet, resync = (_costs(results["runs"][state]) for state in (_QUIET, _RESYNC))
    ratio = statistics.median(a / b for a, b in zip(resync, quiet))
    scaled = quartiles([_LIMIT * each for each in quiet])
    yield Goal(
        "CPU of a hit during a full resync to a quiet one's",
        _LIMIT,
        ratio,
        equal=equal(quartiles(resync), scaled),
    )


def _costs(runs):
    return [run["server_cpu_us"] for run in runs]


def _run(mirror, number):
    return run_load(
        mirror.target, mirror.sample, connections=_CONNECTIONS, seed=number + 1
    )


def _run_beside_resync(mirror, number):
    """Runs while sync reads, from the first moment to the last."""
    for _ in range(_TRIES):
        mirror.restart_sync()
        sync = mirror.site.sync.pid
        # It is reading: this is more than it takes to start and to connect.
        wait_until(lambda pid=sync: cpu_seconds(pid) > 0.05, 60, "sync reads")
        result = _run(mirror, number)
        reads_still = not mirror.is_read()
        mirror.wait_until_read()
        if reads_still:
            return result
    raise AssertionError("sync reads everything in less time than a run takes")


def _check_followed(mirror, writer):
    """The changes have gone through the binlog into the store."""
    wait_until(
        lambda: mirror.ask(writer.key) == found(writer.last_value),
        60,
        lambda: f"the last change is seen:\n{mirror.site.logs()}",
    )
    source = mirror.change_source()
    assert source == "binlog", f"the change source is {source}"
    writer.remove_row()
