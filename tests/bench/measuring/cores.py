"""On which cores processes run. Left to the kernel, two that talk to each other share
a core in one run and not in the next, and a round trip costs several times as much
where it has to wake a core."""

import os
import pathlib


def usable_cores():
    """Returns the cores that this process may use, ascending."""
    return sorted(os.sched_getaffinity(0))


def pin(pid, cores):
    """Lets all threads of the process, and those that it will start, run on these
    cores alone."""
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*"):
        try:
            os.sched_setaffinity(int(path.name), cores)
        except ProcessLookupError:
            continue  # it has just ended
