"""The parts of a lookup by themselves: Google Benchmark's figures."""

import json
import shutil
import subprocess

from measuring.figures import quartiles
from measuring.markdown import table, with_quartiles
from support.programs import program_path

NAME = "micro"
TITLE = "The parts of a lookup"

_REPETITIONS, _QUICK_REPETITIONS = 11, 2
_SECONDS, _QUICK_SECONDS = 0.1, 0.01
_MOST_ENTRIES, _QUICK_MOST_ENTRIES = 10_000_000, 10_000

_TIMEOUT_SECONDS = 1800
_NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}

_HEAD = """\
CPU nanoseconds, median (quartiles) of repetitions in random order. `store` looks \
200,000 keys up in no order (at most as many as there are entries), within one moment; \
beside it `mdb_get` alone on the same file. `request to reply` is what the proxy does \
for one request of a client that no kept reply answers, the kernel's part and the reply \
cache apart: its moment, the codec, the address search, normalization, the store.

"""


def measure(bench):
    """Returns the nanoseconds of each benchmark, by room."""
    folder = bench.folder / "micro"
    folder.mkdir()
    seconds, most_entries, repetitions = (
        (_QUICK_SECONDS, _QUICK_MOST_ENTRIES, _QUICK_REPETITIONS)
        if bench.quick
        else (_SECONDS, _MOST_ENTRIES, _REPETITIONS)
    )
    result = subprocess.run(
        [
            program_path("micro_benchmarks"),
            *(str(folder), str(seconds), str(most_entries)),
            "--benchmark_format=json",
            f"--benchmark_repetitions={repetitions}",
            "--benchmark_enable_random_interleaving=true",
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
    )
    if result.returncode != 0:
        raise AssertionError(f"micro_benchmarks: {result.stderr[-500:]}")
    runs = json.loads(result.stdout)["benchmarks"]
    assert runs, "micro_benchmarks: nothing was measured"
    shutil.rmtree(folder)
    return {"repetitions": repetitions, "rooms": _by_room(runs, result.stderr)}


def render(results):
    """Returns the section of the report."""
    rows = [
        (room, name, with_quartiles(figures))
        for room, benchmarks in results["rooms"].items()
        for name, figures in benchmarks.items()
    ]
    return _HEAD + table(("room", "what", "ns"), rows)


def goals(_):
    """None: these figures explain others."""
    return []


def _by_room(runs, complaints):
    """Returns the figures of each benchmark, by its room, in the order in which
    the program has them."""
    samples = {}
    for run in sorted(runs, key=lambda each: each["family_index"]):
        # The first is what 1.7 says, the second what 1.9 does.
        if run.get("error_occurred") or run.get("skipped"):
            why = run.get("error_message") or run.get("skip_message")
            raise AssertionError(f"{run['name']}: {why} {complaints[-500:]}")
        if run["run_type"] == "iteration":
            name = run["run_name"].partition("/")[0]  # without its options
            nanoseconds = run["cpu_time"] * _NANOSECONDS[run["time_unit"]]
            samples.setdefault(name, []).append(nanoseconds)
    rooms = {}
    for name, values in samples.items():
        room, _, what = name.partition(": ")
        rooms.setdefault(room, {})[what] = {**quartiles(values), "samples": values}
    return rooms
