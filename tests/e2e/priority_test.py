"""sync yields to lookups: it runs at a lower priority than the proxy, all of it."""

import os
import pathlib
import unittest

from support.e2e_case import E2eCase
from support.programs import Daemon

_NICE = 5


class PriorityTest(E2eCase):
    def test_sync_yields_to_the_proxy(self):
        self.start_postmirror()
        proxy = self.nices(self.site.proxy)
        self.assertEqual(proxy, {os.nice(0)})
        self.assertEqual(self.nices(self.site.sync), {max(_NICE, os.nice(0))})

    def test_a_lower_priority_that_was_asked_for_stays(self):
        self.site.sync = Daemon(
            self.site.folder,
            "postmirror-sync",
            "--config",
            self.site.config,
            wrapper=("nice", "-n", "12"),
        )
        self.start_postmirror()
        self.assertEqual(self.nices(self.site.sync), {os.nice(0) + 12})

    def nices(self, daemon):
        """Returns the nice values of the daemon's threads, proc(5)."""
        stats = pathlib.Path(f"/proc/{daemon.pid}/task").glob("*/stat")
        found = [int(each.read_text().rpartition(")")[2].split()[16]) for each in stats]
        if daemon is self.site.sync:
            self.assertGreater(len(found), 1)
        return set(found)


if __name__ == "__main__":
    unittest.main()
