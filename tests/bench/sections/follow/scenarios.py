"""The scenarios, and the order of things."""

import dataclasses
import itertools
import shutil

from measuring.machine import fdatasync_micros

from .servers import Follower, Servers
from .visible import measure_batches, measure_singles

_SOURCES = ("binlog", "lsn")
_SMALL, _LARGE = 10_000, 1_000_000
_LOAD = 1000

# A change takes about a second where all of a large table is read for it.
_CHANGES, _SLOW_CHANGES, _QUICK_CHANGES = 500, 50, 50
_ROUNDS, _QUICK_ROUNDS = 5, 2

# What is sustained, and what is tried beyond it until somebody falls behind.
_BATCH_RATES = (20_000, 40_000, 80_000)
_BATCH_SECONDS, _QUICK_BATCH_SECONDS = 6, 3


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


def measure(bench):
    """Returns the results of all scenarios."""
    results = {"singles": [], "batches": []}
    scenarios = all_scenarios(bench.quick)
    for rows, group in itertools.groupby(scenarios, lambda each: each.rows):
        _run_group(bench, rows, list(group), results)
    return results


def _run_group(bench, rows, scenarios, results):
    bench.say(f"starting MariaDB three times, {rows} aliases in each")
    folder = bench.folder / f"follow-{rows}"
    with Servers(folder, rows) as servers:
        for number, scenario in enumerate(scenarios):
            bench.say(scenario.name)
            with Follower(folder / f"site{number}", servers, scenario.source) as mirror:
                result = _measure(scenario, mirror, folder, bench.quick)
                mirror.check_change_source()
            results["batches" if scenario.batches else "singles"].append(result)
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
