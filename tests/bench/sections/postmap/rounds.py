"""Runs postmap in turns over all tables, and what a key costs."""

import dataclasses
import random
import shutil

from measuring.cores import pin, usable_cores
from measuring.process import cpu_seconds
from measuring.figures import quartiles

from .client import Keys, Postmap
from .tables import open_tables

_ROWS = (10_000, 1_000_000)
_ROUNDS, _QUICK_ROUNDS = 11, 2

# How long a run is to take, by its number of keys: long beside the start of a
# process, which is subtracted. A table that needs longer for _FEW_KEYS is asked for
# no more of them.
_SECONDS, _QUICK_SECONDS = 0.5, 0.1
_FEW_KEYS = 4

_MICROS = 1e6


def _placements():
    """Returns the cores of postmap and of the servers, by what they are to show: what
    smtpd waits for on an idle machine, and what the work alone costs."""
    first, *_, last = [*usable_cores()] * 2
    return {"two cores": (first, last), "one core": (first, first)}


@dataclasses.dataclass(frozen=True)
class Costs:
    """Of one run, in seconds."""

    wall: float
    client: float
    server: float


def measure(bench):
    """Returns the figures of each table at each size, in microseconds a key."""
    results = {"sizes": []}
    for rows in _ROWS[:1] if bench.quick else _ROWS:
        folder = bench.folder / f"postmap-{rows}"
        results["sizes"].append(_measure_size(bench, rows, folder))
        shutil.rmtree(folder, ignore_errors=True)
    return results


def _measure_size(bench, rows, folder):
    rounds = _QUICK_ROUNDS if bench.quick else _ROUNDS
    seconds = _QUICK_SECONDS if bench.quick else _SECONDS
    database = bench.database(rows)
    entries = database.entries()
    choice = random.Random(rows)
    bench.say(f"opening tables of {rows} aliases")
    with open_tables(folder, database) as (config, tables):
        postmap = Postmap(config, folder)
        asked = [_Asked(postmap, each, entries, seconds, choice) for each in tables]
        bench.say(f"asking them in turns, {rounds} times")
        for _ in range(rounds):
            for each in choice.sample(asked, len(asked)):
                each.take_turn()
    figures = {each.name: each.figures() for each in asked}
    return {"rows": rows, "rounds": rounds, "tables": figures}


class _Asked:
    """A table that was tried out: everything it says was right."""

    def __init__(self, postmap, table, entries, seconds, choice):
        self.name = table.name
        self._postmap = postmap
        self._table = table
        self._entries = entries
        self._choice = choice
        self._placements = _placements()
        self._few = self._choose(1)
        self._many = self._choose_enough(seconds)
        self._samples = {name: [] for name in self._placements}

    def take_turn(self):
        """Runs with one key and with many; what they differ by is for the keys."""
        per_key = _MICROS / (self._many.count - self._few.count)
        for name, cores in self._placements.items():
            # Other ones each time: nobody is to know the answers already.
            self._many = self._choose(self._many.count)
            one, many = self._run(self._few, *cores), self._run(self._many, *cores)
            pairs = zip(dataclasses.astuple(one), dataclasses.astuple(many))
            costs = Costs(*(per_key * (b - a) for a, b in pairs))
            self._samples[name].append(costs)

    def figures(self):
        """Returns the figures by placement, and how many keys a run had."""
        placements = {
            name: {
                "wall": quartiles([each.wall for each in samples]),
                "cpu": quartiles([each.client + each.server for each in samples]),
                "server_cpu": quartiles([each.server for each in samples]),
                "samples": [dataclasses.asdict(each) for each in samples],
            }
            for name, samples in self._samples.items()
        }
        return {"keys": self._many.count, "placements": placements}

    def _choose(self, count):
        return Keys(self._choice.choices(self._entries, k=count))

    def _choose_enough(self, seconds):
        """Returns keys for a run that takes so long on two cores; tries ever more."""
        cores = self._placements["two cores"]
        self._run(self._few, *cores)  # so that the next one meets warm servers
        start = self._run(self._few, *cores).wall
        count, wall = 1, 0.0
        while wall < seconds / 4:
            count *= 4
            wall = self._run(self._choose(count), *cores).wall - start
        return self._choose(max(_FEW_KEYS, round(count * seconds / wall)))

    def _run(self, keys, client_core, server_core):
        """Asks for the keys; raises AssertionError where one reply is wrong."""
        table = self._table
        before = {}
        for pid in table.server_pids():
            pin(pid, [server_core])
            before[pid] = cpu_seconds(pid)
        wall, client = self._postmap.run(table.table, keys, client_core)
        after = {pid: cpu_seconds(pid) for pid in table.server_pids()}
        gone = before.keys() - after.keys()
        if gone:
            raise AssertionError(f"{table.name}: server processes ended: {gone}")
        server = sum(time - before.get(pid, 0) for pid, time in after.items())
        return Costs(wall, client, server)
