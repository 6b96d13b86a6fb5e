"""Lookups without end inside the machine, and the proof that something did not disturb
them.

    with LookupLoad(machine) as load:
        load.assert_undisturbed("a restart", lambda: machine.run("systemctl", ...))
"""

import json
import subprocess

from support.waiting import wait_until

# Connections of each protocol that stay open, and such that are made for a lookup.
HELD, ANEW = 60, 6
_LOOKUPS = 10_000  # of each protocol, across each disturbance
_SLOWEST_SECONDS = 1


class LookupLoad:
    def __init__(self, machine, program):
        self._process = subprocess.Popen(
            machine.command("python3", "-B", program, HELD, ANEW),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self):
        self._wait_for_lookups(1000, "the load has begun")
        return self

    def __exit__(self, *_):
        self._process.communicate(timeout=20)  # the end of its input ends it

    def assert_undisturbed(self, what, disturb):
        """Calls disturb() amidst lookups; returns a line that says how they went.

        Half of the lookups that are asked for come after it, those under way
        meanwhile not counted. None may be answered differently, be refused, be cut
        off, or take longer than a second, and no connection may be made anew.
        """
        self._say("mark")
        self._wait_for_lookups(_LOOKUPS // 2, f"lookups before {what}")
        disturb()
        after = max(each["lookups"] for each in self._counts(what).values())
        self._wait_for_lookups(after + _LOOKUPS // 2, f"lookups after {what}")
        counts = self._counts(what)
        for protocol, each in counts.items():
            told = f"{what}, {protocol}: {each}"
            assert each["connections"] == 0, told
            assert each["slowest"] < _SLOWEST_SECONDS, told
        return f"{what}: " + "; ".join(
            f"{each['lookups']} lookups by {protocol}, none failed, "
            f"the slowest took {each['slowest'] * 1000:.0f} ms"
            for protocol, each in counts.items()
        )

    def _wait_for_lookups(self, number, what):
        wait_until(
            lambda: self._fewest(what) >= number,
            60,
            lambda: f"{number} {what}: {self._say('counts')}",
        )

    def _counts(self, what):
        """Returns the counts of each protocol, none of which has a failure."""
        counts = self._say("counts")
        failed = any(each["failures"] for each in counts.values())
        assert not failed, f"{what}: {counts}"
        return counts

    def _fewest(self, what):
        return min(each["lookups"] for each in self._counts(what).values())

    def _say(self, command):
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the load has ended with {self._process.wait()}"
        return json.loads(line)
