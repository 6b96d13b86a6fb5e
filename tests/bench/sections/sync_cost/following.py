"""What sync costs once its store is filled."""

import mmap
import time

from measuring.figures import quartiles
from measuring.process import cpu_seconds, written_bytes
from support.waiting import wait_until

from .sync_run import SyncRun

_PAGE_BYTES = 4096
_SEEN_SECONDS = 30
_SETTLED_SECONDS = 60
# Quiet is who took no more than a tenth of a core for so long.
_QUIET_SECONDS, _QUIET_PART = 0.5, 0.1


def measure_following(folder, database, rows, changes):
    """Returns what a resync with nothing changed costs, and one changed row."""
    with SyncRun(folder, database) as mirror:
        mirror.fill()
        mirror.check(rows)
        resync = _measure_resync(mirror)
        _wait_until_quiet(mirror.site.sync.pid)
        results = [_change_one_row(mirror, database, each) for each in range(changes)]
        pages, written, cpu = (quartiles(each) for each in zip(*results))
        return {**resync, "pages": pages, "written": written, "change_cpu": cpu}


def measure_idle(folder, database, source, rows, seconds):
    """Returns the parts of a core that sync and proxy take while nothing happens, of
    single seconds: in one of them all may be read once more, as it is after each read
    by lsn."""
    with SyncRun(folder, database, source) as mirror:
        mirror.fill()
        mirror.site.start_proxy()
        mirror.check(rows)
        for pid in mirror.pids():
            _wait_until_quiet(pid)
        seconds = [_idle_second(mirror.pids()) for _ in range(seconds)]
        mirror.check(rows)
    sync, proxy = (quartiles(each) for each in zip(*seconds))
    return {"sync": sync, "proxy": proxy}


def _idle_second(pids):
    before = [cpu_seconds(pid) for pid in pids]
    begin = time.monotonic()
    time.sleep(1)  # what is measured; nothing is waited for
    after = [cpu_seconds(pid) for pid in pids]
    passed = time.monotonic() - begin
    return [(late - early) / passed for early, late in zip(before, after)]


def _measure_resync(mirror):
    before = mirror.transaction(), mirror.data_file.stat().st_mtime_ns
    cpu = mirror.resync()
    if (mirror.transaction(), mirror.data_file.stat().st_mtime_ns) != before:
        raise AssertionError("a resync with nothing changed has written to the store")
    return {"resync_cpu": cpu}


def _change_one_row(mirror, database, number):
    """Changes the value of one row and changes it back. Returns, for one of the two:
    pages of the store that differ, bytes that sync wrote, its processor time."""
    row = f"WHERE id = {1 + number * 7919 % database.rows}"
    pid = mirror.site.sync.pid
    begin = written_bytes(pid), cpu_seconds(pid)
    content = mirror.data_file.read_bytes()
    _change(mirror, database, f"destination = CONCAT('x', destination) {row}")
    pages = _different_pages(mirror.data_file, content)
    _change(mirror, database, f"destination = SUBSTR(destination, 2) {row}")
    _wait_until_quiet(pid)
    end = written_bytes(pid), cpu_seconds(pid)
    return (pages, *((late - early) / 2 for early, late in zip(begin, end)))


def _change(mirror, database, assignment):
    before = mirror.transaction()
    database.run(f"UPDATE virtual_aliases SET {assignment}")
    wait_until(lambda: mirror.transaction() > before, _SEEN_SECONDS, "it is followed")
    if mirror.transaction() != before + 1:
        raise AssertionError("one changed row took several transactions")


def _different_pages(path, earlier):
    with open(path, "rb") as file:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as now:
            size = max(len(now), len(earlier))
            return sum(
                now[at : at + _PAGE_BYTES] != earlier[at : at + _PAGE_BYTES]
                for at in range(0, size, _PAGE_BYTES)
            )


def _wait_until_quiet(pid):
    """Waits until what was just read has been read once more."""
    last = [time.monotonic(), cpu_seconds(pid)]

    def is_quiet():
        passed = time.monotonic() - last[0]
        if passed < _QUIET_SECONDS:
            return False
        cpu = cpu_seconds(pid) - last[1]
        last[:] = [time.monotonic(), cpu_seconds(pid)]
        return cpu < _QUIET_PART * passed

    wait_until(is_quiet, _SETTLED_SECONDS, "it is quiet")
