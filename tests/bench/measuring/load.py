"""Runs the load generator."""

import json
import subprocess

from support.programs import program_path

from .cores import usable_cores

# The server and the one who asks have a core each, where there are two.
SERVER_CORE, *_, LOAD_CORE = [*usable_cores()] * 2

# A run is short, so that those which are compared are close in time.
_MILLISECONDS, _WARM_UP = 400, 100


def run_load(
    protocol, address, entries, pid=0, connections=1, seed=1, options=(), seconds=None
):
    """Asks a server for the keys of the file `entries`; returns what it cost: see
    load_generator/main.cc. Fails at the first wrong reply."""
    milliseconds = _MILLISECONDS if seconds is None else int(seconds * 1000)
    result = subprocess.run(
        [
            *("taskset", "--cpu-list", str(LOAD_CORE)),
            program_path("load_generator"),
            f"--protocol={protocol}",
            f"--address={address}",
            f"--entries={entries}",
            f"--server={pid}",
            f"--connections={connections}",
            f"--seed={seed}",
            f"--milliseconds={milliseconds}",
            f"--warm_up={_WARM_UP}",
            *(["--spin"] if SERVER_CORE != LOAD_CORE else []),
            *options,
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60 + milliseconds / 1000,
    )
    if result.returncode != 0:
        raise AssertionError(f"{address}: {result.stderr.strip()}")
    return json.loads(result.stdout)
