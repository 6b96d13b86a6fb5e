"""`hosts` names a primary and its replica: the replica is read while the primary is
away, the primary as soon as it is back and has all that the replica got meanwhile."""

import unittest

from support.failover_case import BinlogCase, LsnCase
from support.hosts_case import HostsCase
from support.postmap import found
from support.replication import follow, promote, wait_until_caught_up
from support.site import MAILBOXES


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
        self.add_many_known(self.replica)
        self.assertEqual(self.outages(), (1, 1), self.site.logs())
        # It is as it was, and would take all of that back.
        self.mariadb.start()
        self.wait_until_looked_for(self.relay)
        self.asker.assert_unshaken()
        self.wait_for_replica()
        follow(self.mariadb, self.replica)
        self.wait_for_primary()
        self.assertEqual(self.outages(), (1, 1), self.site.logs())
        self.assert_follows(self.replica)

    def test_reset_master_is_no_reason_to_leave_the_primary(self):
        self.add_known("before@example.org")
        wait_until_caught_up(self.replica, self.mariadb)
        # The replica goes on asking for what is no longer there.
        self.mariadb.run("RESET MASTER", database=None)
        self.add_known("after@example.org")
        self.wait_for_primary()
        # Its numbers are those of before, and it lacks what was written since.
        down, _ = self.outages()
        self.mariadb.kill()
        self.wait_until_down(down + 1)
        self.assert_not_read("RESET MASTER")
        self.mariadb.start()
        self.wait_for_primary()
        self.asker.assert_unshaken()

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


class LsnHostsTest(Hosts, HostsCase, LsnCase):
    pass


class BinlogHostsTest(Hosts, HostsCase, BinlogCase):
    pass


if __name__ == "__main__":
    unittest.main()
