"""A host returns as an older copy of itself, and its numbers are those of before once it
was written to: it lacks what was read all the same."""

import subprocess
import unittest

from support.failover_case import BinlogCase, LsnCase
from support.hosts_case import HostsCase
from support.replication import follow, promote, wait_until_caught_up

# More transactions than any test has on a server before.
_MANY = 60


def copy_data(server, folder):
    """Copies the data of a server that runs, into a new folder."""
    server.stop()
    subprocess.run(["cp", "-a", server.datadir, folder], check=True)
    server.start()


def put_back(server, folder):
    """Starts a server that does not run as it was when the copy was made."""
    server.datadir.rename(folder.with_name(f"{folder.name}-away"))
    folder.rename(server.datadir)
    server.start()


def write_transactions(server):
    """Writes many transactions, and nothing that lookups ask for."""
    server.run(
        "".join(
            "INSERT INTO virtual_mailboxes (domain_id, email, password)"
            f" VALUES (1, 'other{number}@example.org', '');"
            for number in range(_MANY)
        )
    )


class OlderCopy:
    def test_of_the_primary_while_the_replica_is_read(self):
        self.spoil()
        older = self.folder / "older"
        self.relay.refuse()
        copy_data(self.mariadb, older)
        self.relay.accept()
        self.wait_for_primary()
        self.add_known("known@example.org")
        self.add_many_known()
        wait_until_caught_up(self.replica, self.mariadb)
        self.relay.refuse()
        self.wait_for_replica()
        promote(self.replica)
        self.mariadb.kill()
        put_back(self.mariadb, older)
        write_transactions(self.mariadb)
        self.relay.accept()
        self.wait_until_looked_for(self.relay)
        self.asker.assert_unshaken()
        self.wait_for_replica()
        # What the primary was is in the store.
        self.site.sync.stop()
        self.site.sync.start()
        self.wait_until_looked_for(self.relay)
        self.wait_for_replica()
        self.asker.assert_unshaken()

    def test_of_a_host_that_was_not_read(self):
        self.spoil()
        older = self.folder / "older"
        copy_data(self.replica, older)
        wait_until_caught_up(self.replica, self.mariadb)
        promote(self.replica)
        follow(self.mariadb, self.replica)
        for number in range(5):
            self.insert_mailbox(f"known{number}@example.org", self.replica)
        for number in range(5):
            self.wait_until_known(f"known{number}@example.org")
        self.replica.kill()
        self.fail_primary()
        put_back(self.replica, older)
        promote(self.replica)
        self.assert_not_read("lacks transactions")
        # What was seen of it before is in the store.
        self.site.sync.stop()
        write_transactions(self.replica)
        self.site.sync.start()
        self.assert_not_read("was seen without transactions")


class LsnOlderCopyTest(OlderCopy, HostsCase, LsnCase):
    pass


class BinlogOlderCopyTest(OlderCopy, HostsCase, BinlogCase):
    pass


if __name__ == "__main__":
    unittest.main()
