"""`hosts` names a primary and its replica: the replica is read while the primary is
away, unless it is behind; the primary as soon as it is back."""

import contextlib
import unittest

from support.failover_case import BinlogCase, FailoverCase, LsnCase
from support.mariadb import MariaDb
from support.postmap import NOT_FOUND, found
from support.relay import Relay
from support.replication import (
    allow_replicas,
    follow,
    promote,
    replication_options,
    slave_status,
    wait_until_caught_up,
)
from support.site import MAILBOXES
from support.sql_session import SqlSession
from support.waiting import wait_until

_SOON_SECONDS = 10
_UNPRIVILEGED = "SHOW SLAVE STATUS"  # stands in the warning


class HostsCase(FailoverCase):
    """self.mariadb is the primary, which sync reaches over self.relay; self.replica
    has all of its rows."""

    server_options = replication_options(1)
    # Whether sync's account may see how far a replica is.
    may_see_replication = True

    def start_mariadb(self):
        self.replica = MariaDb(self.folder / "replica", replication_options(2))
        self.addCleanup(self.replica.close)
        self.replica.start()
        super().start_mariadb()
        allow_replicas(self.mariadb)
        if self.may_see_replication:
            self.run_for_account("GRANT SLAVE MONITOR ON *.* TO {account}")
        follow(self.replica, self.mariadb)
        wait_until_caught_up(self.replica, self.mariadb)
        self.relay = Relay(self.mariadb.port)
        self.addCleanup(self.relay.close)

    def mariadb_ports(self):
        return [self.relay.port, self.replica.port]

    def before_postmirror(self):
        # Set by a subclass's settings, which the change source is one of.
        self.site.write_config({"reconcile_interval": "2s"})

    def wait_for_primary(self):
        self.wait_for_status("server", f":{self.relay.port}", _SOON_SECONDS)

    def wait_for_replica(self):
        self.wait_for_status("server", f":{self.replica.port}", _SOON_SECONDS)

    def add_known(self, address):
        """A mailbox of the primary, known to lookups; it stays known from now on."""
        self.insert_mailbox(address)
        self.wait_for_lookup(MAILBOXES, address, found("1"))
        self.asker.also(MAILBOXES, address, found("1"))


class Hosts:
    """A replica that has all that the primary has."""

    def test_replica_is_used_and_the_primary_again(self):
        self.wait_for_primary()
        self.add_known("known@example.org")
        wait_until_caught_up(self.replica, self.mariadb)
        self.mariadb.kill()
        self.wait_for_replica()
        promote(self.replica)
        self.assert_follows(self.replica)
        self.assertEqual(self.outages(), (1, 1), self.site.logs())
        self.mariadb.start()
        self.wait_for_primary()
        # What only the replica had is gone with it.
        self.wait_for_lookup(MAILBOXES, "change1@example.org", NOT_FOUND)
        self.assert_recovers()

    def test_primary_freezes(self):
        self.wait_for_primary()
        self.mariadb.freeze()
        self.wait_for_replica()
        self.mariadb.thaw()
        self.wait_for_primary()
        self.assert_recovers()

    def test_primary_is_cut_off(self):
        # It goes on, and the replica follows it: so do lookups.
        self.relay.stall()
        self.wait_for_replica()
        self.assert_follows()
        self.relay.flow()
        self.wait_for_primary()
        self.assert_recovers()

    def test_replica_fails_too(self):
        self.mariadb.kill()
        self.wait_for_replica()
        self.replica.kill()
        self.wait_until_down(2)
        self.replica.start()
        self.wait_for_replica()
        self.mariadb.start()
        self.wait_for_primary()
        self.assert_recovers(2)

    def test_replica_alone_fails(self):
        self.replica.kill()
        self.assert_follows()
        self.replica.start()
        self.assert_unbroken()

    def test_switch_over_and_back(self):
        self.add_known("before@example.org")
        wait_until_caught_up(self.replica, self.mariadb)
        self.relay.refuse()
        self.wait_for_replica()
        promote(self.replica)
        self.insert_mailbox("over@example.org", self.replica)
        self.wait_for_lookup(MAILBOXES, "over@example.org", found("1"))
        self.asker.also(MAILBOXES, "over@example.org", found("1"))

        follow(self.mariadb, self.replica)
        wait_until_caught_up(self.mariadb, self.replica)
        self.relay.accept()
        self.wait_for_primary()
        # It is the replica now, and what is changed at its primary is followed.
        self.assert_follows(self.replica)
        wait_until_caught_up(self.mariadb, self.replica)
        promote(self.mariadb)
        self.insert_mailbox("back@example.org")
        self.wait_for_lookup(MAILBOXES, "back@example.org", found("1"))
        self.assert_recovers()


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

    def test_replica_is_read(self):
        self.replica.run("STOP SLAVE SQL_THREAD")
        self.mariadb.kill()
        self.wait_for_replica()
        self.mariadb.start()
        self.wait_for_primary()
        self.assert_recovers()


class LsnHostsTest(Hosts, HostsCase, LsnCase):
    pass


class LsnReplicaBehindTest(ReplicaBehind, HostsCase, LsnCase):
    pass


class LsnWithoutPrivilegeTest(WithoutPrivilege, HostsCase, LsnCase):
    pass


class BinlogHostsTest(Hosts, HostsCase, BinlogCase):
    pass


class BinlogReplicaBehindTest(ReplicaBehind, HostsCase, BinlogCase):
    pass


class BinlogWithoutPrivilegeTest(WithoutPrivilege, HostsCase, BinlogCase):
    pass


if __name__ == "__main__":
    unittest.main()
