"""Signals that are no stop."""

import os
import signal
import unittest

from support.e2e_case import E2eCase
from support.postmap import found
from support.site import ALIASES


class SignalTest(E2eCase):
    def test_sighup_is_ignored_with_a_line_that_a_restart_is_needed(self):
        self.start_postmirror()
        for daemon in (self.site.sync, self.site.proxy):
            with self.subTest(daemon=daemon.name):
                pid = daemon.pid
                os.kill(pid, signal.SIGHUP)
                daemon.wait_for_log("SIGHUP is ignored")
                daemon.wait_for_log(f"a restart of {daemon.name} is needed")
                self.assertEqual(daemon.pid, pid)
        self.assert_lookup(ALIASES, "alias@doomed.test", found("user@example.org"))
        for daemon in (self.site.sync, self.site.proxy):
            self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main()
