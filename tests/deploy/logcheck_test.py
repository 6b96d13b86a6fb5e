"""logcheck's rules: what a daemon says of its everyday is ignored, a fault is not."""

import os
import pathlib
import signal
import subprocess
import unittest

from support.e2e_case import E2eCase
from support.site import ALIASES
from support.waiting import wait_until

_RULES = (
    pathlib.Path(__file__).parents[2]
    / "deploy/debian/postmirror.logcheck.ignore.server"
)
_HEADS = ("Nov  5 07:08:09 mail", "2026-11-05T07:08:09.123456+01:00 mail")
_FAULTS = ("warning: ", "error: ")


def reported(lines):
    """Returns the lines that logcheck would report, as its own call of grep does."""
    result = subprocess.run(
        ["grep", "--extended-regexp", "--invert-match", f"--file={_RULES}"],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
    )
    if result.returncode not in (0, 1):
        raise AssertionError(result.stderr)
    return result.stdout.splitlines()


class LogcheckTest(E2eCase):
    def live(self):
        """Has both daemons start, fill, answer, lose MariaDB, reload, and end."""
        self.site.sync.start()
        self.site.start_proxy()
        wait_until(
            lambda: self.site.lookup("tcp", ALIASES, "info@example.org").value,
            30,
            "the first copy",
        )
        self.mariadb.kill()
        self.site.sync.wait_for_log("trying again")
        self.mariadb.start()
        self.site.sync.wait_for_log("is read again")
        for daemon in (self.site.sync, self.site.proxy):
            os.kill(daemon.pid, signal.SIGHUP)
            daemon.wait_for_log("reloaded")
            self.assertEqual(daemon.stop(), 0)

    def messages(self):
        """Returns (daemon, message) of all that was logged."""
        for daemon in (self.site.sync, self.site.proxy):
            for line in daemon.log().splitlines():
                yield daemon.name, line.removeprefix(f"{daemon.name}: ")

    def test_only_faults_are_reported(self):
        self.live()
        for head in _HEADS:
            everyday, faults = [], []
            for name, message in self.messages():
                kind = faults if message.startswith(_FAULTS) else everyday
                # The journal has the severity in a field of its own.
                for word in _FAULTS:
                    message = message.removeprefix(word)
                kind.append(f"{head} {name}[123]: {message}")
            self.assertGreater(len(everyday), 10)
            self.assertEqual(reported(everyday), [])
            self.assertGreater(len(faults), 0)
            self.assertEqual(reported(faults), faults)


if __name__ == "__main__":
    unittest.main()
