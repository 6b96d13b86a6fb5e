"""A full sync beside its baselines."""

import collections
import shutil

from measuring.figures import quartiles
from measuring.process import MemoryPeak, own_memory

from .baselines import Baselines
from .sync_run import SyncRun


# It takes many times as long as the others.
_MDB_LOAD_ROUNDS = 2


def measure_full_sync(folder, database, rounds):
    """Returns, for each of what was measured, the quartiles of its seconds; all take
    turns. `rows` is how many there are in all three tables."""
    baselines = Baselines(folder / "baselines", database)
    seconds = collections.defaultdict(list)
    for number in range(rounds):
        rows, stream, stream_cpu = baselines.stream()
        loaded, load, load_cpu = baselines.load()
        sync, sync_cpu = _fill_once(folder / f"site{number}", database, rows)
        if loaded != rows:
            raise AssertionError(f"{rows} rows make {loaded} entries")
        for name, value in (
            ("sync", sync),
            ("stream", stream),
            ("load", load),
            ("sync_cpu", sync_cpu),
            ("stream_cpu", stream_cpu),
            ("load_cpu", load_cpu),
            # Of one round, so that a slow moment of the machine is in both.
            ("ratio", sync / (stream + load)),
            ("cpu_ratio", sync_cpu / (stream_cpu + load_cpu)),
        ):
            seconds[name].append(value)
        if number < _MDB_LOAD_ROUNDS:
            seconds["mdb_load"].append(baselines.mdb_load())
    figures = {name: quartiles(each) for name, each in seconds.items()}
    return {"rows": rows, **figures}


def measure_memory(folder, database):
    """Returns what sync itself holds at its height during a full sync and after it, in
    bytes."""
    with SyncRun(folder, database) as mirror:
        mirror.site.sync.start()
        with MemoryPeak(mirror.site.sync.pid) as peak:
            mirror.wait_until_filled()
        return {"peak": peak.bytes, "after": own_memory(mirror.site.sync.pid)}


def _fill_once(folder, database, rows):
    with SyncRun(folder, database) as mirror:
        figures = mirror.fill()
        mirror.check(rows)
    shutil.rmtree(folder)
    return figures
