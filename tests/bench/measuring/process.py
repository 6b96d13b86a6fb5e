"""What a running process has cost so far, from /proc."""

import pathlib
import re
import threading
import time

_PAUSE_SECONDS = 0.005


def cpu_seconds(pid):
    """Returns the processor time of all threads, those that have ended included."""
    # The clock that clock_getcpuclockid(3) names, for which Python has no name.
    return time.clock_gettime(~pid << 3 | 2)


def written_bytes(pid):
    """Returns how many bytes the process has written to files. Not write_bytes, which
    counts what the kernel keeps together in memory, many pages at a time."""
    text = pathlib.Path(f"/proc/{pid}/io").read_text(encoding="ascii")
    return int(re.search(r"^wchar: (\d+)", text, re.MULTILINE)[1])


def own_memory(pid):
    """Returns the bytes that the process itself holds: anonymous pages, and neither the
    store's nor the programs' files."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"^RssAnon:\s*(\d+) kB", text, re.MULTILINE)[1]) * 1024


class MemoryPeak:
    """The most that own_memory says while the context lasts, asked every 5 ms."""

    def __init__(self, pid):
        self.bytes = 0
        self._pid = pid
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._poll)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    def _poll(self):
        while not self._done.wait(_PAUSE_SECONDS):
            self.bytes = max(self.bytes, own_memory(self._pid))
