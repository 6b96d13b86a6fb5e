"""Runs the load generator."""

import dataclasses
import json
import subprocess

from support.programs import program_path

from .cores import usable_cores

# The server and the one who asks have a core each, where there are two.
SERVER_CORE, *_, LOAD_CORE = [*usable_cores()] * 2

# A run is short, so that those which are compared are close in time.
_MILLISECONDS, _WARM_UP = 400, 100
_TIMEOUT_SECONDS = 120


@dataclasses.dataclass(frozen=True)
class Target:
    """Who is asked, as the load generator takes it, and whose CPU time it is."""

    protocol: str
    address: str
    pid: int


def run_load(target, entries, connections=1, seed=1, options=()):
    """Asks for the keys of the file `entries`; returns what it cost: see
    load_generator/main.cc. Fails at the first wrong reply."""
    result = subprocess.run(
        [
            *("taskset", "--cpu-list", str(LOAD_CORE)),
            program_path("load_generator"),
            f"--protocol={target.protocol}",
            f"--address={target.address}",
            f"--entries={entries}",
            f"--server={target.pid}",
            f"--connections={connections}",
            f"--seed={seed}",
            f"--milliseconds={_MILLISECONDS}",
            f"--warm_up={_WARM_UP}",
            *(["--spin"] if SERVER_CORE != LOAD_CORE else []),
            *options,
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
    )
    if result.returncode != 0:
        raise AssertionError(f"{target.address}: {result.stderr.strip()}")
    return json.loads(result.stdout)
