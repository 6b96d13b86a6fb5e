"""What a process holds in memory of its own."""

import pathlib
import re


def anonymous_bytes(pid):
    """Returns what the process has in memory that is no file's: heap, stacks and
    buffers, without the mapped store, which the system can drop (proc(5), RssAnon)."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"^RssAnon:\s*(\d+) kB", status, re.MULTILINE)[1]) * 1024
