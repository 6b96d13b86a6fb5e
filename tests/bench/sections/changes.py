"""What lookups cost while sync reads everything anew, and while rows change."""

import statistics
import threading
import time

from measuring import markdown
from measuring.cpu_time import cpu_seconds
from measuring.figures import equal, quartiles
from measuring.goals import Goal
from measuring.load import run_load
from measuring.mirror import open_mirror
from support.site import ALIASES
from support.sql_session import SqlSession
from support.waiting import wait_until

NAME = "changes"
TITLE = "Lookups beside changes"

_ROUNDS, _QUICK_ROUNDS = 15, 2
_ROWS, _QUICK_ROWS = 1_000_000, 100_000
_CONNECTIONS = 100
_RATE = 1000
_QUIET, _RESYNC, _COMMITS = "quiet", "full resync", f"{_RATE} commits/s"
_LIMIT = 1.25

_HEAD = """\
{rows} aliases, {connections} connections over a unix socket, hits. In turns: with sync \
idle; while sync, started anew, reads and compares everything; while {rate} transactions a \
second change the table and sync follows them by binlog. CPU is the proxy's, in \
microseconds a request: medians of {rounds} rounds with quartiles.

"""


def measure(bench):
    """Returns the runs of each state."""
    rows = _QUICK_ROWS if bench.quick else _ROWS
    rounds = _QUICK_ROUNDS if bench.quick else _ROUNDS
    runs = {_QUIET: [], _RESYNC: [], _COMMITS: []}
    database = bench.database(rows)
    with open_mirror(bench.folder / NAME, database, keep_sync=True) as mirror:
        for number in range(rounds):
            bench.say(f"round {number + 1} of {rounds}")
            runs[_QUIET].append(_run(mirror, number))
            runs[_RESYNC].append(_run_beside_resync(mirror, number))
            with _Writer(database):
                runs[_COMMITS].append(_run(mirror, number))
    return {"rows": rows, "runs": runs}


def render(results):
    """Returns the section of the report."""
    text = _HEAD.format(
        rows=markdown.count(results["rows"]),
        connections=_CONNECTIONS,
        rate=_RATE,
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
        f"socketmap:{ALIASES}",
        f"unix:{mirror.site.unix_socket}",
        mirror.sample,
        pid=mirror.site.proxy.pid,
        connections=_CONNECTIONS,
        seed=number + 1,
    )


def _run_beside_resync(mirror, number):
    mirror.restart_sync()
    sync = mirror.site.sync.pid
    # It is reading: this is more than it takes to start and to connect.
    wait_until(lambda: cpu_seconds(sync) > 0.05, 60, "sync reads")
    result = _run(mirror, number)
    mirror.wait_until_read()
    return result


class _Writer:
    """Changes the table at a steady rate, by rows that nobody asks for; they are gone
    at the end."""

    _BATCH = 10

    def __init__(self, database):
        self._session = SqlSession(database)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self._failure = None

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        self._thread.join()
        self._session.close()
        if self._failure is not None:
            raise AssertionError(f"the writer failed: {self._failure}")

    def _write(self):
        try:
            self._write_at_rate()
        except Exception as error:  # told by the thread that waits for this one
            self._failure = error

    def _write_at_rate(self):
        due = time.monotonic()
        while not self._stopped.is_set():
            self._session.run(
                "INSERT INTO virtual_aliases (domain_id, source, destination)"
                " VALUES (1, 'changes@bench.example', 'nobody@bench.example');"
                "DELETE FROM virtual_aliases WHERE source = 'changes@bench.example';"
                * (self._BATCH // 2)
            )
            due += self._BATCH / _RATE
            self._stopped.wait(max(0.0, due - time.monotonic()))
