"""tests/bench/follow, which builds first: the scenarios, and the order of things."""

import argparse
import contextlib
import dataclasses
import itertools
import os
import pathlib
import shutil
import signal
import sys
import tempfile

from machine import describe_machine, fdatasync_micros
from report import render_markdown, write_json
from servers import Mirror, Servers
from visible import measure_batches, measure_singles

_SOURCES = ("binlog", "lsn")
_SMALL, _LARGE = 10_000, 1_000_000
_LOAD = 1000

# A change takes about a second where all of a large table is read for it.
_CHANGES, _SLOW_CHANGES, _QUICK_CHANGES = 500, 100, 50
_ROUNDS, _QUICK_ROUNDS = 5, 2

# What is sustained, and what is tried beyond it until somebody falls behind.
_BATCH_RATES = (20_000, 40_000, 60_000, 80_000, 100_000)
_BATCH_SECONDS, _QUICK_BATCH_SECONDS = 10, 3


@dataclasses.dataclass(frozen=True)
class Scenario:
    """Single changes beside `load` others a second, or with `batches` whole
    transactions without a pause."""

    source: str  # postmirror's change source
    rows: int
    load: int = 0
    batches: bool = False

    @property
    def name(self):
        rows = f"{self.rows // 1000}k" if self.rows < 1_000_000 else "1M"
        what = f"{self.load} changes/s" if self.load else "idle"
        return f"{self.source}, {rows} rows, {'bulk' if self.batches else what}"

    def changes(self, quick):
        if quick:
            return _QUICK_CHANGES
        slow = self.source == "lsn" and self.rows == _LARGE
        return _SLOW_CHANGES if slow else _CHANGES


def all_scenarios(quick):
    """The scenarios, those with equal tables together."""
    for rows in (_SMALL,) if quick else (_SMALL, _LARGE):
        for source, load in itertools.product(_SOURCES, (0, _LOAD)):
            yield Scenario(source, rows, load)
    for source in _SOURCES:
        yield Scenario(source, rows, batches=True)


def main():
    # SIGTERM too shall end the servers and remove the folder.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    arguments = _parse_arguments()
    scenarios = [
        each
        for each in all_scenarios(arguments.quick)
        if not arguments.only or any(text in each.name for text in arguments.only)
    ]
    if arguments.list:
        print("\n".join(each.name for each in scenarios))
        return 0
    if not scenarios:
        raise SystemExit(f"no scenario has {' or '.join(arguments.only)} in its name")
    results = {"quick": arguments.quick, "singles": [], "batches": [], "failures": []}
    with _fresh_folder(arguments.folder) as folder:
        results["machine"] = describe_machine(folder)
        for rows, group in itertools.groupby(scenarios, lambda each: each.rows):
            _run_group(folder / str(rows), rows, list(group), results)
    text = render_markdown(results)
    print(text, end="")
    if arguments.markdown:
        arguments.markdown.write_text(text, encoding="utf-8")
    if arguments.json:
        write_json(arguments.json, results)
    return 1 if results["failures"] else 0


def _parse_arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/follow", allow_abbrev=False)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--markdown", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("/tmp"))
    return parser.parse_args()


@contextlib.contextmanager
def _fresh_folder(parent):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="postmirror-bench-", dir=parent))
    try:
        os.chmod(folder, 0o755)  # MariaDB runs as a user of its own
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run_group(folder, rows, scenarios, results):
    _say(f"starting MariaDB three times, {rows} aliases in each")
    with Servers(folder, rows) as servers:
        for number, scenario in enumerate(scenarios):
            _say(scenario.name)
            try:
                with Mirror(folder / f"site{number}", servers, scenario.source) as it:
                    result = _measure(scenario, it, folder, results["quick"])
                    it.check_change_source()
                results["batches" if scenario.batches else "singles"].append(result)
            except AssertionError as error:
                # The other scenarios' figures are worth having all the same.
                _say(f"{scenario.name}: FAILED: {error}")
                results["failures"].append(f"{scenario.name}: {error}")
    shutil.rmtree(folder, ignore_errors=True)


def _measure(scenario, mirror, folder, quick):
    result = {**dataclasses.asdict(scenario), "scenario": scenario.name}
    result["fdatasync_us"] = fdatasync_micros(folder)
    if scenario.batches:
        seconds = _QUICK_BATCH_SECONDS if quick else _BATCH_SECONDS
        rates = _BATCH_RATES[:1] if quick else _BATCH_RATES
        result["rates"] = measure_batches(mirror.followers(), rates, seconds)
    else:
        rounds = _QUICK_ROUNDS if quick else _ROUNDS
        changes = scenario.changes(quick) // rounds
        result["targets"] = measure_singles(
            mirror.targets(), changes, rounds, scenario.load
        )
    return result


def _say(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
