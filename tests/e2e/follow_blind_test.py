"""A binary log that does not have every database, and an account that may or may not
see that. The next reconcile is an hour away, so that nothing but a change source, or
what is asked beside it, explains that a change arrives."""

import unittest

from support.failover_case import FailoverCase
from support.mariadb import BINLOG_OPTIONS
from support.postmap import NOT_FOUND, found
from support.site import MAILBOXES
from support.waiting import wait_until

_IGNORE = (*BINLOG_OPTIONS, "--binlog-ignore-db=mailserver")
_DO = (*BINLOG_OPTIONS, "--binlog-do-db=another")


class BlindCase(FailoverCase):
    settings = {"reconcile_interval": "1h"}

    def grant_and_reconnect(self):
        """Lets the account see the filter, which it does with its next connection."""
        self.run_for_account("GRANT BINLOG MONITOR ON *.* TO {account}")
        self.kill_connections()
        self.wait_until_down()

    def insert_and_wait(self, address):
        self.insert_mailbox(address)
        self.wait_for_lookup(MAILBOXES, address, found("1"))


class Hidden:
    source = "binlog"
    sees_filter = False

    def test_changes_arrive_and_the_lsn_is_taken(self):
        self.wait_for_status("reason", "BINLOG MONITOR")
        self.insert_and_wait("first@example.org")
        self.wait_for_source("lsn")
        self.wait_for_status("reason", "the binlog did not tell of a change")
        self.assertEqual(self.count_in_log("told of nothing"), 1, self.site.logs())
        self.insert_and_wait("second@example.org")
        # It is remembered with another connection.
        self.kill_connections()
        self.assert_recovers()
        self.assertEqual(self.status()["change_source"], "lsn")
        # And found out once it can be seen.
        self.run_for_account("GRANT BINLOG MONITOR ON *.* TO {account}")
        self.kill_connections()
        self.assert_recovers(2)
        self.wait_for_status("reason", "the binlog does not have every database")

    def test_removals_arrive(self):
        self.mariadb.run(
            "DELETE FROM virtual_mailboxes WHERE email = 'user@example.org'"
        )
        wait_until(
            lambda: self.status()["change_source"] == "lsn",
            20,
            lambda: f"the removal is found: {self.status()}",
        )
        self.assert_lookup(MAILBOXES, "user@example.org", NOT_FOUND)


class HiddenIgnoreTest(Hidden, BlindCase):
    server_options = _IGNORE


class HiddenDoTest(Hidden, BlindCase):
    server_options = _DO


class HiddenNothingTest(BlindCase):
    """The account does not see that the binary log has every database."""

    source = "binlog"
    server_options = BINLOG_OPTIONS
    sees_filter = False

    def test_the_binlog_stays(self):
        self.wait_for_status("reason", "BINLOG MONITOR")
        for number in range(3):
            self.insert_and_wait(f"told{number}@example.org")
        # What is not ours, and is not told: everything is read for it, in vain.
        self.mariadb.run(
            "SET sql_log_bin = 0; CREATE DATABASE another;"
            "CREATE TABLE another.t (a INT); INSERT INTO another.t VALUES (1)"
        )
        self.insert_and_wait("after@example.org")
        wait_until(self.reads_everything, 30, self.site.logs)
        self.assertEqual(self.status()["change_source"], "binlog")
        self.assertEqual(self.count_in_log("told of nothing"), 0, self.site.logs())

        self.grant_and_reconnect()
        self.assert_recovers()
        self.assertNotIn("BINLOG MONITOR", self.status()["reason"])

    def reads_everything(self):
        """Returns whether sync has confirmed the store since: it does not while
        something may have moved that the binlog did not tell."""
        known = [each["freshness_seconds"] for each in self.status_of_all()["maps"]]
        return all(each is not None and each < 3 for each in known)


class HiddenAriaTest(BlindCase):
    """No position of InnoDB tells of what is not InnoDB's."""

    source = "binlog"
    server_options = BINLOG_OPTIONS
    sees_filter = False

    def before_postmirror(self):
        self.mariadb.run(
            "ALTER TABLE virtual_mailboxes"
            " DROP FOREIGN KEY virtual_mailboxes_ibfk_1;"
            "ALTER TABLE virtual_mailboxes ENGINE=Aria"
        )

    def test_status_says_so(self):
        self.wait_for_status("reason", "BINLOG MONITOR")
        self.wait_for_status("reason", "no change of it moves that position")
        self.insert_and_wait("told@example.org")
        self.wait_for_source("binlog")


class SeenTest(BlindCase):
    """The account sees it, and nothing has to be found out."""

    source = "lsn"
    server_options = _IGNORE

    def test_lsn_is_taken_at_once(self):
        self.wait_for_status("reason", "binlog_ignore_db = mailserver")
        self.insert_and_wait("first@example.org")
        self.assertEqual(self.count_in_log("told of nothing"), 0, self.site.logs())


if __name__ == "__main__":
    unittest.main()
