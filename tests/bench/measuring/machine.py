"""What a figure depends on: the machine, and what its disk's promises cost."""

import os
import pathlib
import platform
import re
import subprocess
import time

from .figures import summary

_BLOCK = b"\0" * 4096
_SYNCS = 200


def describe_machine(folder):
    """Returns the machine, and the file system of `folder`, in words."""
    cpus = pathlib.Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    model = re.search(r"^model name\s*:\s*(.*)", cpus, re.MULTILINE)
    version = _output("mariadbd", "--no-defaults", "--version")
    return {
        "cpu": model[1] if model else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "mariadb": re.search(r"Ver (\S+)", version)[1],
        "file_system": _output("findmnt", "-no", "FSTYPE", "-T", str(folder)).strip(),
        "load_average": os.getloadavg()[0],
    }


def machine_line(machine):
    """Returns the machine in one line, for a report."""
    return (
        "{cpu}, {cores} cores, Linux {kernel}, MariaDB {mariadb}, {file_system}; load"
        " average before: {load_average:.2f}"
    ).format(**machine)


def fdatasync_micros(folder):
    """Returns what a pwrite of 4 KiB and its fdatasync cost below `folder`."""
    path = pathlib.Path(folder, "fdatasync")
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        return summary([_sync_once(descriptor) for _ in range(_SYNCS)])
    finally:
        os.close(descriptor)
        path.unlink()


def _sync_once(descriptor):
    begin = time.monotonic_ns()
    os.pwrite(descriptor, _BLOCK, 0)
    os.fdatasync(descriptor)
    return (time.monotonic_ns() - begin) / 1000


def _output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
