"""Freshness, how long ago the store was known to equal the database: it stays low on an
idle server, and tells of an outage."""

import time
import unittest

from support.failover_case import BinlogCase, LsnCase
from support.waiting import wait_until

_FRESH_SECONDS = 3
_IDLE_SECONDS = 5


class Freshness:
    def setUp(self):
        super().setUp()
        # sync says when it has read them once lookups have their answers.
        wait_until(
            lambda: all(
                each["freshness_seconds"] is not None
                for each in self.status_of_all()["maps"]
            ),
            20,
            lambda: f"all maps are known: {self.status_of_all()}",
        )

    def freshness(self):
        """Returns that of the stalest map."""
        maps = self.status_of_all()["maps"]
        self.assertEqual(len(maps), len(self.site.map_files))
        return max(each["freshness_seconds"] for each in maps)

    def assert_fresh_while_idle(self):
        """Nothing changes, and all the time the store is known to be right."""
        start = time.monotonic()

        def idle_for_long():
            self.assertLess(self.freshness(), _FRESH_SECONDS)
            return time.monotonic() - start >= _IDLE_SECONDS

        wait_until(idle_for_long, 10 * _IDLE_SECONDS, "the server is idle for long")

    def assert_grows(self):
        """Nothing confirms the store any more."""
        earlier = self.freshness()
        start = time.monotonic()
        wait_until(
            lambda: self.freshness() > earlier + _FRESH_SECONDS,
            20,
            lambda: f"freshness grows: {self.status_of_all()}",
        )
        # As time passes, and no faster. It is rounded to what is in status.
        passed = time.monotonic() - start
        self.assertGreater(passed, _FRESH_SECONDS - 0.1)

    def assert_becomes_fresh(self):
        wait_until(
            lambda: self.freshness() < _FRESH_SECONDS,
            20,
            lambda: f"the store is confirmed: {self.status_of_all()}",
        )

    def test_idle_server(self):
        self.assert_fresh_while_idle()
        self.assert_unbroken()
        self.assert_fresh_while_idle()

    def test_killed_server(self):
        self.mariadb.kill()
        self.wait_until_down()
        self.assert_grows()
        self.mariadb.start()
        self.assert_recovers()
        self.assert_becomes_fresh()

    def test_frozen_server(self):
        self.mariadb.freeze()
        self.wait_until_down()
        self.assert_grows()
        self.mariadb.thaw()
        self.assert_recovers()
        self.assert_becomes_fresh()

    def test_freshness_grows_before_the_outage_is_noticed(self):
        # From the moment on at which the server falls silent.
        self.mariadb.freeze()
        frozen = time.monotonic()
        self.wait_until_down()
        self.assertGreaterEqual(
            self.freshness(), time.monotonic() - frozen - _FRESH_SECONDS
        )
        self.mariadb.thaw()
        self.assert_recovers()

    def test_freshness_is_in_the_text(self):
        for path in self.site.map_files.values():
            self.assertRegex(
                self.site.ctl("status").stdout,
                rf"map {path}\n  filled, \d+ entries, freshness \d+\.\ds",
            )


class LsnFreshnessTest(Freshness, LsnCase):
    pass


class BinlogFreshnessTest(Freshness, BinlogCase):
    pass


if __name__ == "__main__":
    unittest.main()
