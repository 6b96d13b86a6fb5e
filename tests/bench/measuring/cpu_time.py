"""What processes cost in CPU time, whoever else keeps the machine busy."""

import pathlib

_NANOSECONDS = 1e9


def cpu_seconds(pid):
    """Returns the CPU time of all threads that the process has now. One that ends
    takes its time with it: the difference of two calls is right only where the
    threads stay. Raises AssertionError where there is no such process."""
    times = []
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            # scheduler/sched-stats: time on a CPU, time of waiting for one, slices.
            times.append(int(path.read_text(encoding="ascii").split()[0]))
        except (FileNotFoundError, ProcessLookupError):
            continue  # a thread that ended just now
    if not times:
        raise AssertionError(f"process {pid} is gone")
    return sum(times) / _NANOSECONDS
