"""The primary dies, and its replica lacks what it had, whatever that says of itself: it
is not read."""

import contextlib
import unittest

from support.failover_case import BinlogCase, LsnCase
from support.hosts_case import HostsCase
from support.relay import Relay
from support.replication import wait_until_caught_up
from support.site import ALIASES, MAILBOXES
from support.sql_session import SqlSession


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
            "STOP SLAVE; CHANGE MASTER TO MASTER_DELAY = 3600; START SLAVE",
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
    """The same where the account may see everything, and sees nothing wrong."""

    may_see_replication = True
    test_stopped = None
    test_cut_off = None


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
        (self.site.status_folder / "sync.status").unlink()
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


class LsnReplicaThatLacksTest(ReplicaThatLacks, HostsCase, LsnCase):
    pass


class LsnLackingReplicaSeenTest(LackingReplicaSeen, HostsCase, LsnCase):
    pass


class LsnSyncForgetsTest(SyncForgets, HostsCase, LsnCase):
    pass


class BinlogReplicaThatLacksTest(ReplicaThatLacks, HostsCase, BinlogCase):
    pass


class BinlogLackingReplicaSeenTest(LackingReplicaSeen, HostsCase, BinlogCase):
    pass


class BinlogSyncForgetsTest(SyncForgets, HostsCase, BinlogCase):
    pass


if __name__ == "__main__":
    unittest.main()
