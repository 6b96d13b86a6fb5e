"""A replica that has stopped or is far behind its primary would take changes back: it
is not read, where sync may know."""

import contextlib
import unittest

from support.failover_case import BinlogCase, LsnCase
from support.hosts_case import HostsCase
from support.ports import free_port
from support.replication import promote, slave_status, wait_until_caught_up
from support.sql_session import SqlSession
from support.waiting import wait_until

_UNPRIVILEGED = "SHOW SLAVE STATUS"  # stands in the warning


class ReplicaBehind:
    """A replica that does not have all that the primary has."""

    def test_replica_that_is_stopped_is_not_read(self):
        self.replica.run("STOP SLAVE SQL_THREAD")
        self.add_known("known@example.org")
        self.mariadb.kill()
        self.wait_until_down()
        self.wait_for_status("error", "stopped")
        self.assertIn("replica", self.status()["error"])
        self.mariadb.start()
        self.wait_for_primary()
        self.assert_recovers()

    def test_replica_that_starts_again_is_read(self):
        self.replica.run("STOP SLAVE SQL_THREAD")
        self.add_known("known@example.org")
        self.relay.refuse()
        self.wait_until_down()
        self.wait_for_status("error", "stopped")
        self.replica.run("START SLAVE SQL_THREAD")
        self.wait_for_replica()
        self.assert_recovers()

    def test_replica_that_is_behind_is_not_read(self):
        with contextlib.closing(SqlSession(self.replica)) as session:
            self.make_replica_late(session)
            self.add_known("known@example.org")
            self.relay.refuse()
            self.wait_until_down()
            self.wait_for_status("error", "behind")
            self.assertIn("replica", self.status()["error"])
            self.asker.assert_unshaken()
        # The lock has gone with the session.
        self.wait_for_replica()
        self.assert_recovers()

    def test_replica_that_stops_while_it_is_read_is_left(self):
        # However often everything is read: once a second here.
        self.relay.refuse()
        self.wait_for_replica()
        self.replica.run("STOP SLAVE", database=None)
        self.wait_for_status("error", "stopped")
        self.relay.accept()
        self.wait_for_primary()
        self.assert_recovers(2)

    def test_replica_that_is_read_and_cannot_reach_its_primary_is_a_warning(self):
        # The primary lives, and sync does not reach it either.
        self.relay.refuse()
        self.wait_for_replica()
        self.wait_for_health("ok")
        self.point_replica_to(free_port())
        self.wait_for_status("unfit", "cannot reach its primary")
        self.wait_for_health("warning")
        self.assertIn("is read", self.status_of_all()["summary"])
        self.point_replica_to(self.mariadb.port)
        self.wait_for_health("ok")
        self.assertEqual(self.status()["unfit"], "")

    def test_primary_that_would_take_changes_back_is_a_warning(self):
        self.relay.refuse()
        self.wait_for_replica()
        promote(self.replica)
        self.insert_mailbox("known@example.org", self.replica)
        self.wait_until_known("known@example.org")
        self.relay.accept()
        self.wait_for_status("unfit", "lacks transactions")
        self.wait_for_health("warning")

    def point_replica_to(self, port):
        self.replica.run(
            f"STOP SLAVE; CHANGE MASTER TO MASTER_PORT = {port}; START SLAVE",
            database=None,
        )

    def test_empty_store_is_filled_from_a_replica_that_is_stopped(self):
        # Old answers are better than none, and there are none yet.
        self.replica.run("STOP SLAVE")
        self.relay.refuse()
        self.site.sync.kill()
        self.site.write_config({"store": self.site.folder / "another"})
        self.site.sync.start()
        self.wait_for_replica()
        self.assertEqual(self.status()["error"], "")

    def make_replica_late(self, session):
        """The replica waits for a lock, with a change of an hour ago."""
        session.run("BEGIN")
        session.run("SELECT * FROM virtual_domains WHERE id = 3 FOR UPDATE")
        self.mariadb.run(
            "SET TIMESTAMP = UNIX_TIMESTAMP() - 3600;"
            "UPDATE virtual_domains SET name = 'late.test' WHERE id = 3"
        )

        def seconds_behind():
            seconds = slave_status(self.replica)["Seconds_Behind_Master"]
            return 0 if seconds == "NULL" else int(seconds)

        wait_until(
            lambda: seconds_behind() >= 3600,
            20,
            lambda: f"the replica is late: {slave_status(self.replica)}",
        )


class WithoutPrivilege:
    """An account that may not see how far a replica is."""

    may_see_replication = False

    def test_warning_comes_once(self):
        for outage in (1, 2):
            self.mariadb.kill()
            self.wait_for_replica()
            self.mariadb.start()
            self.wait_for_primary()
            self.assert_recovers(outage)
            # It has begun to follow again, and is read for having all of it.
            wait_until_caught_up(self.replica, self.mariadb)
        self.assertEqual(self.count_in_log(_UNPRIVILEGED), 1, self.site.logs())

    def test_replica_that_has_everything_is_read(self):
        self.replica.run("STOP SLAVE SQL_THREAD")
        self.mariadb.kill()
        self.wait_for_replica()
        self.mariadb.start()
        self.wait_for_primary()
        self.assert_recovers()


class LsnReplicaBehindTest(ReplicaBehind, HostsCase, LsnCase):
    pass


class LsnWithoutPrivilegeTest(WithoutPrivilege, HostsCase, LsnCase):
    pass


class BinlogReplicaBehindTest(ReplicaBehind, HostsCase, BinlogCase):
    pass


class BinlogWithoutPrivilegeTest(WithoutPrivilege, HostsCase, BinlogCase):
    pass


if __name__ == "__main__":
    unittest.main()
