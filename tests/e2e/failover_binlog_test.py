"""The binary log is rotated, purged, begun anew, forbidden, or read under an id that
another has."""

import unittest

from support.failover_case import AutoCase, BinlogCase
from support.mariadb import PASSWORD
from support.postmap import found
from support.site import MAILBOXES, Site
from support.waiting import wait_until

_SERVER_ID = "4711"


class BinaryLogTest(BinlogCase):
    def purge_all_but(self, newest):
        """The server keeps a log until what it holds is in InnoDB's own."""

        def only_newest_is_left():
            self.mariadb.run(f"PURGE BINARY LOGS TO '{newest}'")
            return len(self.mariadb.run("SHOW BINARY LOGS")) == 1

        wait_until(only_newest_is_left, 20, "the older binary logs are gone")

    def test_dump_thread_killed(self):
        ((thread,),) = self.mariadb.run(
            "SELECT id FROM information_schema.PROCESSLIST"
            " WHERE command = 'Binlog Dump'"
        )
        self.mariadb.run(f"KILL {thread}")
        self.wait_until_down()
        self.assert_recovers()
        self.wait_for_source("binlog")

    def test_flushed(self):
        self.mariadb.run("FLUSH BINARY LOGS")
        self.assert_unbroken()
        self.mariadb.run("FLUSH BINARY LOGS; FLUSH BINARY LOGS")
        self.assert_unbroken()
        self.wait_for_source("binlog")

    def test_purged(self):
        self.mariadb.run("FLUSH BINARY LOGS")
        ((newest, *_),) = self.mariadb.run("SHOW MASTER STATUS")
        self.assert_follows()  # from the newest
        self.purge_all_but(newest)
        self.assert_unbroken()
        self.wait_for_source("binlog")

    def test_begun_anew(self):
        self.mariadb.run("RESET MASTER")
        self.wait_until_down()
        self.assert_recovers()
        self.wait_for_source("binlog")

    def test_begun_anew_while_sync_is_locked_out(self):
        self.set_password("another")
        self.kill_connections()
        self.wait_until_down()
        self.mariadb.run("RESET MASTER")
        self.set_password(PASSWORD)
        self.assert_recovers()
        self.wait_for_source("binlog")

    def test_purged_while_sync_is_locked_out(self):
        self.set_password("another")
        self.kill_connections()
        self.wait_until_down()
        self.insert_mailbox("purged@example.org")
        self.mariadb.run("FLUSH BINARY LOGS")
        ((newest, *_),) = self.mariadb.run("SHOW MASTER STATUS")
        self.purge_all_but(newest)
        self.set_password(PASSWORD)
        self.wait_for_lookup(MAILBOXES, "purged@example.org", found("1"))
        self.assert_recovers()
        self.wait_for_source("binlog")


class ForbiddenTest(AutoCase):
    """Sync goes on by what the account may still do."""

    def test_replication_revoked(self):
        self.run_for_account("REVOKE REPLICATION SLAVE ON *.* FROM {account}")
        # It is asked for at the start of a connection only.
        self.assert_unbroken()
        self.kill_connections()
        self.wait_for_source("lsn")
        self.assert_recovers()
        self.assertEqual(self.source_lines("lsn", "REPLICATION"), 1, self.site.logs())

        self.run_for_account("GRANT REPLICATION SLAVE ON *.* TO {account}")
        self.kill_connections()
        self.wait_for_source("binlog")
        self.assert_recovers(2)

    def test_one_connection_only(self):
        self.run_for_account("ALTER USER {account} WITH MAX_USER_CONNECTIONS 1")
        self.kill_connections()
        self.wait_for_source("lsn")
        self.assert_recovers()
        # Why: the server's own words, in which the limit is named.
        self.assertEqual(
            self.source_lines("lsn", "max_user_connections"), 1, self.site.logs()
        )

        self.run_for_account("ALTER USER {account} WITH MAX_USER_CONNECTIONS 0")
        self.kill_connections()
        self.wait_for_source("binlog")
        self.assert_recovers(2)

    def source_lines(self, source, reason):
        """Returns how many lines of the log say that this source is used, and why."""
        return sum(
            f"change source {source}" in line and reason in line
            for line in self.site.sync.log().splitlines()
        )


class TwoSyncsTest(BinlogCase):
    """Two that follow one server, both set up as the same replica."""

    settings = {**BinlogCase.settings, "server_id": _SERVER_ID}

    def setUp(self):
        super().setUp()
        self.other = Site(self.folder / "other", self.mariadb.port, self.settings)
        self.addCleanup(self.other.close)
        self.other.sync.start()
        self.other.start_proxy()

    def test_clash_is_said_and_ends(self):
        wait_until(lambda: self.clashes() > 0, 20, self.logs)
        self.assert_both_follow("one@example.org")
        self.wait_for_source("binlog")
        self.assertIn("change source binlog", self.other.ctl("status").stdout)
        clashes = self.clashes()
        # Nobody drives the other away any more.
        self.assert_both_follow("two@example.org")
        self.assertEqual(len(self.dump_threads()), 2, self.logs())
        self.assertEqual(self.clashes(), clashes, self.logs())
        self.asker.assert_unshaken()

    def clashes(self):
        """Returns how many lines of both logs tell of it."""
        logs = self.site.sync.log() + self.other.sync.log()
        return sum(f"server_id {_SERVER_ID}" in line for line in logs.splitlines())

    def dump_threads(self):
        return self.mariadb.run(
            "SELECT id FROM information_schema.PROCESSLIST"
            " WHERE command = 'Binlog Dump'"
        )

    def assert_both_follow(self, address):
        self.insert_mailbox(address)
        self.wait_for_lookup(MAILBOXES, address, found("1"))
        wait_until(
            lambda: self.other.lookup("tcp", MAILBOXES, address) == found("1"),
            20,
            lambda: f"the other follows:\n{self.logs()}",
        )

    def logs(self):
        return f"{self.site.logs()}the other's {self.other.logs()}"


if __name__ == "__main__":
    unittest.main()
