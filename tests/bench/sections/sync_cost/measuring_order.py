"""What is measured, in which order, on which tables."""

from .following import measure_following, measure_idle
from .full_sync import measure_full_sync, measure_memory

_SMALL, _LARGE, _LARGEST = 10_000, 1_000_000, 10_000_000
_ROUNDS = {_SMALL: 2, _LARGE: 7, _LARGEST: 3}
_CHANGES, _QUICK_CHANGES = 20, 2
_IDLE_SECONDS, _QUICK_IDLE_SECONDS = 20, 1
_SOURCES = ("binlog", "lsn")


def measure(bench):
    """Returns the results, by the number of aliases where there are several."""
    folder = bench.folder / "sync"
    folder.mkdir()
    sizes = (_SMALL,) if bench.quick else (_LARGE, _LARGEST)
    results = {"full": {}, "memory": {}, "idle": {}}
    for size in sizes:
        bench.say(f"full sync, {size} aliases")
        below = folder / f"full-{size}"
        below.mkdir()
        results["full"][str(size)] = measure_full_sync(
            below, bench.database(size), _ROUNDS[size]
        )
    for size in (_SMALL,) if bench.quick else (_SMALL, *sizes):
        bench.say(f"memory of a full sync, {size} aliases")
        memory = measure_memory(folder / f"memory-{size}", bench.database(size))
        results["memory"][str(size)] = memory
    database = bench.database(sizes[0])
    rows = results["full"][str(sizes[0])]["rows"]
    bench.say("resync, and one changed row")
    results["following"] = measure_following(
        folder / "following",
        database,
        rows,
        _QUICK_CHANGES if bench.quick else _CHANGES,
    )
    for source in _SOURCES:
        bench.say(f"idle, {source}")
        results["idle"][source] = measure_idle(
            folder / f"idle-{source}",
            database,
            source,
            rows,
            _QUICK_IDLE_SECONDS if bench.quick else _IDLE_SECONDS,
        )
    return results
