"""The hosts are the nodes of a Galera cluster: one dies or is cut off, the other one is
read at once, and nothing is taken back; neither when the first one returns."""

import unittest

from support.failover_case import BinlogCase, LsnCase
from support.galera import cut_off, make_cluster, rejoin
from support.postmap import found
from support.site import MAILBOXES


class Galera:
    """self.mariadb is the first node, self.other the second one."""

    def start_mariadb(self):
        # Without a binlog there are no GTIDs, and the cluster's counter alone tells.
        self.mariadb, self.other = make_cluster(
            self.folder / "cluster", self.server_options
        )
        self.addCleanup(self.mariadb.close)
        self.addCleanup(self.other.close)
        self.fill_mariadb()

    def mariadb_ports(self):
        return [self.mariadb.port, self.other.port]

    def assert_reads(self, server):
        """It is read, and in no doubt: nothing of it is held."""
        # Long before host_wait is over.
        self.wait_for_status("server", f":{server.port}", seconds=10)
        self.assertEqual(self.status()["doubt"], "")

    def add_known(self, address, server):
        self.insert_mailbox(address, server)
        self.wait_for_lookup(MAILBOXES, address, found("1"))
        self.asker.also(MAILBOXES, address, found("1"))


class DyingNode(Galera):
    def before_postmirror(self):
        # How soon the first host is looked for; `settings` is taken by the class of
        # the change source.
        self.site.write_config({"reconcile_interval": "1s"})

    def test_a_node_dies_and_returns(self):
        self.add_known("first@example.org", self.mariadb)
        self.mariadb.kill()
        self.wait_until_down()
        self.assert_reads(self.other)
        self.add_known("second@example.org", self.other)
        rejoin(self.mariadb)
        self.assert_reads(self.mariadb)
        self.assert_follows()
        self.add_known("third@example.org", self.mariadb)


class LonelyNode(Galera):
    """It is up, and answers questions about itself, but has no right to be asked for
    rows: what the cluster gets it lacks."""

    def test_a_node_that_is_cut_off_is_left(self):
        self.add_known("first@example.org", self.mariadb)
        cut_off(self.mariadb)
        self.wait_until_down()
        self.assert_reads(self.other)
        self.add_known("second@example.org", self.other)
        self.assert_follows(self.other)


class LsnDyingTest(DyingNode, LsnCase):
    pass


class BinlogDyingTest(DyingNode, BinlogCase):
    pass


class LsnLonelyTest(LonelyNode, LsnCase):
    pass


class BinlogLonelyTest(LonelyNode, BinlogCase):
    pass


if __name__ == "__main__":
    unittest.main()
