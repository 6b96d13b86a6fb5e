"""The primary stays away, and the replica lacks what it had: after host_wait it is read,
and what it would take back waits until it is accepted or the primary returns."""

import unittest

from support.failover_case import BinlogCase, LsnCase
from support.hosts_case import HostsCase
from support.postmap import NOT_FOUND, found
from support.replication import promote, wait_until_caught_up
from support.site import ALIASES, MAILBOXES
from support.waiting import wait_until


class HostWait:
    """The replica lacks known@ and has the old value of filler40@."""

    def before_postmirror(self):
        super().before_postmirror()
        self.site.write_config({"host_wait": "2s"})

    def wait_until_sure(self):
        """Waits until the host that is read is in no doubt."""
        wait_until(
            lambda: self.status()["server"] and not self.status()["doubt"],
            20,
            lambda: f"no doubt: {self.status_of_all()}\n{self.site.logs()}",
        )

    def test_a_stopped_replica_that_has_everything_is_read_in_doubt(self):
        self.replica.run("STOP SLAVE", database=None)
        self.fail_primary()
        self.wait_for_replica()
        self.wait_for_status("doubt", "stopped")
        self.assertEqual(self.status_of_all()["health"], "warning")
        self.assertEqual(self.held(), set())
        # It is the primary now.
        promote(self.replica)
        self.wait_until_sure()
        self.assert_follows(self.replica)

    def lose_primary(self):
        self.add_known("shared@example.org")
        wait_until_caught_up(self.replica, self.mariadb)
        self.replica.run("STOP SLAVE", database=None)
        self.add_known("known@example.org")
        self.mariadb.run(
            "UPDATE virtual_aliases SET destination = 'later@example.org'"
            " WHERE source = 'filler40@example.org'"
        )
        self.wait_for_lookup(
            ALIASES, "filler40@example.org", found("later@example.org")
        )
        self.asker.also(ALIASES, "filler40@example.org", found("later@example.org"))
        promote(self.replica)
        self.fail_primary()
        self.wait_for_replica()

    def held(self):
        """Returns the maps that wait for an accept."""
        maps = self.status_of_all()["maps"]
        return {each["name"] for each in maps if each["state"] == "held"}

    def test_what_is_lacking_waits_until_it_is_accepted(self):
        self.lose_primary()
        self.wait_for_status("doubt", "lacks transactions")
        self.wait_for_status("doubt", "postmirrorctl accept")
        files = self.site.map_files
        expected = {str(files[each]) for each in (MAILBOXES, ALIASES)}
        wait_until(lambda: self.held() == expected, 20, lambda: str(self.status_of_all()))
        # What it gets from now on is followed: new keys, and removals of others.
        self.insert_mailbox("new@example.org", self.replica)
        self.wait_for_lookup(MAILBOXES, "new@example.org", found("1"))
        self.replica.run(
            "DELETE FROM virtual_mailboxes WHERE email = 'new@example.org'"
        )
        self.wait_for_lookup(MAILBOXES, "new@example.org", NOT_FOUND)
        self.asker.assert_unshaken()
        self.asker.close()
        for each in sorted(expected):
            accepted = self.site.ctl("accept", each)
            self.assertEqual(accepted.returncode, 0, accepted.stderr)
        self.wait_for_lookup(MAILBOXES, "known@example.org", NOT_FOUND)
        self.wait_for_lookup(
            ALIASES, "filler40@example.org", found("user@example.org")
        )
        self.wait_until_sure()
        # What spoke against the replica is over.
        self.wait_for_health("ok")
        # The primary as it was lacks what is read now, and another outage of the
        # replica changes nothing of that.
        self.mariadb.start()
        self.wait_until_looked_for(self.relay)
        self.wait_for_lookup(MAILBOXES, "known@example.org", NOT_FOUND)

    def test_the_primary_that_returns_is_read(self):
        # The replica has written nothing of its own.
        self.lose_primary()
        self.wait_for_status("doubt", "lacks transactions")
        self.mariadb.start()
        self.wait_for_primary()
        self.wait_until_sure()
        self.assert_follows()
        self.assertEqual(self.held(), set())


class LsnHostWaitTest(HostWait, HostsCase, LsnCase):
    pass


class LsnHostWaitUnseenTest(HostWait, HostsCase, LsnCase):
    """sync's account does not see the state of a replica, so that it is not looked at."""

    may_see_replication = False

    # Nothing is known against such a replica.
    test_a_stopped_replica_that_has_everything_is_read_in_doubt = None


class BinlogHostWaitTest(HostWait, HostsCase, BinlogCase):
    pass


if __name__ == "__main__":
    unittest.main()
