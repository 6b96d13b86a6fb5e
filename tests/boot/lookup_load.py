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
        self._process.kill()
        self._process.communicate()

    def assert_undisturbed(self, what, disturb):
        """Calls disturb() amidst lookups; returns a line that says how they went.

        Half of the lookups that are asked for come after it, those under way
        meanwhile not counted. None may be answered differently, be refused, be cut
        off, or take longer than a second, and no connection may be made anew.
        """
        self._say("mark")
        self._wait_for_lookups(_LOOKUPS // 2, f"lookups before {what}")
        disturb()
        after = max(each["lookups"] for each in self._say("counts").values())
        self._wait_for_lookups(after + _LOOKUPS // 2, f"lookups after {what}")
        counts = self._say("counts")
        for protocol, each in counts.items():
            told = f"{what}, {protocol}: {each}"
            assert each["failures"] == 0, told
            assert each["connections"] == 0, told
            assert each["slowest"] < _SLOWEST_SECONDS, told
        return f"{what}: " + "; ".join(
            f"{each['lookups']} lookups by {protocol}, none failed, "
            f"the slowest took {each['slowest'] * 1000:.0f} ms"
            for protocol, each in counts.items()
        )

    def _wait_for_lookups(self, number, what):
        wait_until(
            lambda: all(
                each["lookups"] >= number for each in self._say("counts").values()
            ),
            60,
            lambda: f"{number} {what}: {self._say('counts')}",
        )

    def _say(self, command):
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the load has ended with {self._process.wait()}"
        return json.loads(line)
