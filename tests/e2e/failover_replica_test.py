"""A replica that has stopped or is far behind its primary would take changes back: it
is not read, where sync may know."""

import contextlib
import unittest

from support.failover_case import BinlogCase, LsnCase
from support.hosts_case import HostsCase
from support.relay import Relay
from support.replication import slave_status, wait_until_caught_up
from support.site import ALIASES, MAILBOXES
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


class ReplicaThatLacks:
    """Whatever a replica says of itself, it lacks what was read before: the account may
    not see its threads, or they say what is not so."""

    may_see_replication = False

    def assert_lacks(self):
        """The primary fails, and the replica is not read in its place."""
        self.add_many_known()
        self.fail_primary()
        self.assert_not_read("lacks transactions")

    def assert_returns(self):
        self.mariadb.start()
        self.wait_for_primary()
        self.assert_recovers()

    def test_delayed(self):
        self.replica.run(
            "STOP SLAVE SQL_THREAD; CHANGE MASTER TO MASTER_DELAY = 3600;"
            "START SLAVE SQL_THREAD",
            database=None,
        )
        self.assert_lacks()
        self.assert_returns()

    def test_blocked(self):
        with contextlib.closing(SqlSession(self.replica)) as session:
            session.run("FLUSH TABLES virtual_mailboxes WITH READ LOCK")
            self.assert_lacks()
        # What it had received it applies now.
        self.wait_for_replica()
        self.assert_returns()

    def test_stopped(self):
        self.replica.run("STOP SLAVE", database=None)
        self.assert_lacks()
        self.assert_returns()

    def test_restarted_after_the_death(self):
        self.replica.run("STOP SLAVE SQL_THREAD", database=None)
        self.add_many_known()
        self.fail_primary()
        # By GTID: what it had received and not applied is dropped.
        self.replica.run("STOP SLAVE; START SLAVE", database=None)
        self.assert_not_read("lacks transactions")
        self.assert_returns()

    def test_cut_off(self):
        line = Relay(self.mariadb.port)
        self.addCleanup(line.close)
        self.replica.run(
            f"STOP SLAVE; CHANGE MASTER TO MASTER_PORT = {line.port}; START SLAVE",
            database=None,
        )
        self.add_known("known@example.org")
        wait_until_caught_up(self.replica, self.mariadb)
        line.stall()
        self.assert_lacks()
        line.flow()
        self.assert_returns()


class LackingReplicaSeen(ReplicaThatLacks):
    """The same where the account may see everything."""

    may_see_replication = True


class SyncForgets:
    """What sync keeps beside the store is gone, or is not yet there of a new map: the
    store knows what was read."""

    may_see_replication = False

    def stop_sync_and_primary(self):
        self.replica.run("STOP SLAVE", database=None)
        self.add_many_known()
        self.site.sync.stop()
        self.mariadb.kill()

    def start_and_compare(self):
        self.site.sync.start()
        self.assert_not_read("lacks transactions")
        self.mariadb.start()
        self.wait_for_primary()
        self.asker.assert_unshaken()

    def test_without_its_status(self):
        self.stop_sync_and_primary()
        (self.site.store / "v1" / "sync.status").unlink()
        self.start_and_compare()

    def test_with_a_new_map(self):
        self.stop_sync_and_primary()
        self.site.write_config(
            {"canonical_maps": self.site.mysql(ALIASES) + self.new_map()}
        )
        self.start_and_compare()

    def new_map(self):
        """Returns a further map as a list goes on with it."""
        path = self.site.map_files[MAILBOXES].with_name("new.cf")
        text = self.site.map_files[MAILBOXES].read_text()
        path.write_text(text.replace("SELECT 1 ", "SELECT email "))
        return f" mysql:{path}"


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


class LsnReplicaThatLacksTest(ReplicaThatLacks, HostsCase, LsnCase):
    pass


class LsnLackingReplicaSeenTest(LackingReplicaSeen, HostsCase, LsnCase):
    pass


class LsnSyncForgetsTest(SyncForgets, HostsCase, LsnCase):
    pass


class LsnWithoutPrivilegeTest(WithoutPrivilege, HostsCase, LsnCase):
    pass


class BinlogReplicaBehindTest(ReplicaBehind, HostsCase, BinlogCase):
    pass


class BinlogReplicaThatLacksTest(ReplicaThatLacks, HostsCase, BinlogCase):
    pass


class BinlogLackingReplicaSeenTest(LackingReplicaSeen, HostsCase, BinlogCase):
    pass


class BinlogSyncForgetsTest(SyncForgets, HostsCase, BinlogCase):
    pass


class BinlogWithoutPrivilegeTest(WithoutPrivilege, HostsCase, BinlogCase):
    pass


if __name__ == "__main__":
    unittest.main()
