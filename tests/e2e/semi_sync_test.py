"""A primary that waits for its replica between writing a commit into the binlog and
showing it (rpl_semi_sync_master_wait_point = AFTER_SYNC): sync has the events long
before anybody can see what they tell."""

import json
import threading
import time
import unittest

from support import shared_mariadb
from support.failover_case import BinlogCase
from support.follow_case import FollowCase
from support.hosts_case import HostsCase
from support.mariadb import BINLOG_OPTIONS
from support.postmap import NOT_FOUND
from support.replication import (
    allow_replicas,
    follow,
    replication_options,
    wait_until_caught_up,
)
from support.site import MAILBOXES
from support.sql_session import SqlSession
from support.waiting import wait_until

_SECONDS = 30
# Longer than sync once tried before it took it for a fault.
_HIDDEN_SECONDS = 2


class SemiSync:
    """Of a test with self.mariadb, self.replica and self.site."""

    def wait_for_replica_to_confirm(self):
        """From now on the primary waits for its replica, which follows it."""
        self.mariadb.run(
            "SET GLOBAL rpl_semi_sync_master_timeout = 600000;"
            "SET GLOBAL rpl_semi_sync_master_wait_point = AFTER_SYNC;"
            "SET GLOBAL rpl_semi_sync_master_enabled = 1"
        )
        wait_until(
            lambda: self.mariadb.run("SHOW STATUS LIKE 'Rpl_semi_sync_master_clients'")[
                0
            ][1]
            == "1",
            _SECONDS,
            "the primary waits for its replica",
        )
        wait_until_caught_up(self.replica, self.mariadb)

    def binlog_position(self):
        return self.mariadb.run("SHOW MASTER STATUS")[0][:2]

    def begin(self, statements):
        """Runs them in a session of their own; returns how to wait for their end.
        They are in the binlog, and wait for the replica."""
        before = self.binlog_position()
        session = SqlSession(self.mariadb)
        self.addCleanup(session.close)
        thread = threading.Thread(target=session.run, args=(statements,))
        thread.start()
        self.addCleanup(thread.join)
        # First of the two: whatever happens, the commit ends.
        self.addCleanup(self.replica.thaw)
        wait_until(
            lambda: self.binlog_position() != before, _SECONDS, "the commit is logged"
        )
        return thread.join

    def wait_for_confirmation(self, since):
        """Waits until the store was found equal to the database after that moment."""

        def confirmed():
            now = time.monotonic()
            status = json.loads(self.site.ctl("status", "--json").stdout)
            return all(
                each["freshness_seconds"] is not None
                and now - each["freshness_seconds"] > since
                for each in status["maps"]
            )

        wait_until(confirmed, _SECONDS, lambda: f"confirmed: {self.site.ctl('status')}")


class SemiSyncTest(SemiSync, FollowCase):
    source = "binlog"
    server_options = BINLOG_OPTIONS

    def setUp(self):
        super().setUp()
        self.replica = shared_mariadb.take(replication_options(2))
        self.addCleanup(shared_mariadb.discard, self.replica)
        allow_replicas(self.mariadb)
        self.replica.run("SET GLOBAL rpl_semi_sync_slave_enabled = 1", database=None)
        follow(self.replica, self.mariadb)
        self.addCleanup(self.sql, "SET GLOBAL rpl_semi_sync_master_enabled = 0")
        self.wait_for_replica_to_confirm()

    def check(self, binlog_format, statements):
        before = self.expected()
        self.replica.freeze()
        join = self.begin(
            self.filled(f"SET binlog_format = {binlog_format}; {statements}")
        )
        self.wait_for_confirmation(time.monotonic() + _HIDDEN_SECONDS)
        self.assertTrue(self.expected() == before, "nobody sees the change")
        self.assertEqual(self.difference(before), "")
        self.replica.thaw()
        join()
        self.assertTrue(self.expected() != before, "the change is seen")
        self.assert_follows()
        self.assertNotIn("lookups are answered from", self.site.sync.log())

    def test_late_statement(self):
        self.check(
            "STATEMENT", "INSERT INTO extras (name, value) VALUES ('late.<name>', 'l')"
        )

    def test_late_rows(self):
        self.check(
            "ROW", "INSERT INTO extras (name, value) VALUES ('late.<name>', 'l')"
        )

    def test_many_statements(self):
        for number in range(30):
            self.sql(
                "SET binlog_format = STATEMENT; INSERT INTO extras (name, value)"
                f" VALUES ('many{number}.<name>', 'm')"
            )
        self.assert_follows()
        self.assertNotIn("lookups are answered from", self.site.sync.log())


class HostsTest(SemiSync, HostsCase, BinlogCase):
    """The replica is a host, too: what was read at most is asked beside each read."""

    def before_postmirror(self):
        self.spoil()
        self.replica.run(
            "SET GLOBAL rpl_semi_sync_slave_enabled = 1;"
            "STOP SLAVE IO_THREAD; START SLAVE IO_THREAD",
            database=None,
        )
        self.wait_for_replica_to_confirm()

    def check(self, binlog_format):
        late = "late@example.org"
        self.replica.freeze()
        join = self.begin(
            f"SET binlog_format = {binlog_format};"
            "INSERT INTO virtual_mailboxes (domain_id, email, password)"
            f" VALUES (1, '{late}', '')"
        )
        self.wait_for_confirmation(time.monotonic() + _HIDDEN_SECONDS)
        self.assert_lookup(MAILBOXES, late, NOT_FOUND)
        self.replica.thaw()
        join()
        self.wait_until_known(late)
        self.assert_unbroken()
        wait_until_caught_up(self.replica, self.mariadb)
        self.fail_primary()
        # Which has all that was read, and is in no doubt.
        self.wait_for_replica()
        self.assertEqual(self.status()["doubt"], "")
        self.assert_follows(self.replica)

    def test_late_statement(self):
        self.check("STATEMENT")

    def test_late_rows(self):
        self.check("ROW")


if __name__ == "__main__":
    unittest.main()
