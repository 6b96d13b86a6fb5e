"""On which TCP ports a process listens, and which signals its threads leave alone."""

import os
import pathlib
import re

_LISTEN = "0A"  # linux/include/net/tcp_states.h


def listening_ports(pid):
    """Returns the TCP ports, ascending."""
    inodes = set()
    for path in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        match = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(path))
        if match:
            inodes.add(match[1])
    ports = set()
    for table in ("tcp", "tcp6"):
        lines = pathlib.Path(f"/proc/{pid}/net/{table}").read_text().splitlines()
        for fields in map(str.split, lines[1:]):
            if fields[3] == _LISTEN and fields[9] in inodes:
                ports.add(int(fields[1].rpartition(":")[2], 16))
    return sorted(ports)


def further_threads_without(pid, *signals):
    """Returns the names of the threads that do not block these signals, but for the
    first one: while that waits for them, they are not blocked in it."""
    wanted = sum(1 << (number - 1) for number in signals)
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if task.name == str(pid):
            continue
        status = (task / "status").read_text()
        blocked = int(re.search(r"^SigBlk:\s*(\w+)", status, re.MULTILINE)[1], 16)
        if blocked & wanted != wanted:
            found.append((task / "comm").read_text().strip())
    return found
