"""What MariaDB's administrator does to sync's account and its connections, by mistake
or not."""

import socket
import unittest

from support.failover_case import BinlogCase, LsnCase
from support.mariadb import PASSWORD
from support.postmap import found
from support.site import ALIASES, MAILBOXES
from support.waiting import wait_until

_MAX_CONNECTIONS = 10  # the least that MariaDB takes
# As in schema/sql/grants.sql.
_GRANTS = (
    "SELECT (id, name) ON virtual_domains",
    "SELECT (id, email) ON virtual_mailboxes",
    "SELECT (id, source, destination) ON virtual_aliases",
)


class AccountFaults:
    def test_connections_killed(self):
        self.kill_connections()
        self.wait_until_down()
        self.assert_recovers()

    def test_password_changed(self):
        self.set_password("another")
        # A password is asked for at the start of a connection only.
        self.assert_unbroken()
        self.kill_connections()
        self.wait_until_down()
        self.wait_for_status("error", "denied")
        self.set_password(PASSWORD)
        self.assert_recovers()

    def test_account_locked(self):
        self.run_for_account("ALTER USER {account} ACCOUNT LOCK")
        self.assert_unbroken()
        self.kill_connections()
        self.wait_until_down()
        self.wait_for_status("error", "locked")
        self.run_for_account("ALTER USER {account} ACCOUNT UNLOCK")
        self.assert_recovers()

    def test_account_dropped(self):
        ((made,),) = self.mariadb.run("SHOW CREATE USER 'postmirror'@'127.0.0.1'")
        grants = self.mariadb.run("SHOW GRANTS FOR 'postmirror'@'127.0.0.1'")
        self.run_for_account("DROP USER {account}")
        self.kill_connections()
        self.wait_until_down()
        self.wait_for_status("error", "denied")
        self.mariadb.run(made)
        for (grant,) in grants:
            self.mariadb.run(grant)
        self.assert_recovers()

    def test_select_revoked(self):
        for grant in _GRANTS:
            self.run_for_account(f"REVOKE {grant} FROM {{account}}")
        # It is missed at the next read.
        self.insert_mailbox("revoked@example.org")
        self.wait_until_down()
        for grant in _GRANTS:
            self.run_for_account(f"GRANT {grant} TO {{account}}")
        self.assert_recovers()

    def test_select_on_one_table_revoked(self):
        # The others follow without its map.
        self.run_for_account(f"REVOKE {_GRANTS[-1]} FROM {{account}}")
        self.insert_mailbox("revoked@example.org")
        self.wait_for_lookup(MAILBOXES, "revoked@example.org", found("1"))
        self.wait_until_broken(ALIASES, "denied")
        self.run_for_account(f"GRANT {_GRANTS[-1]} TO {{account}}")
        self.wait_until_mended(ALIASES)
        self.assert_unbroken()

    def test_too_many_connections(self):
        self.spoil()
        self.mariadb.run(
            f"SET GLOBAL max_connections = {_MAX_CONNECTIONS};"
            "SET GLOBAL connect_timeout = 3600"
        )
        # Sync, asleep, loses its places to others.
        self.site.sync.freeze()
        self.kill_connections()
        others = self.take_every_connection()
        self.site.sync.thaw()
        self.wait_until_down()
        self.wait_for_status("error", "Too many connections")
        for each in others:
            each.close()
        self.assert_recovers()

    def take_every_connection(self):
        """Returns sockets to the server, which takes no more."""
        taken = []

        def refused():
            other = socket.create_connection(("127.0.0.1", self.mariadb.port), 10)
            self.addCleanup(other.close)
            taken.append(other)
            # A greeting, or an error packet: its length, its number, 0xff.
            return other.recv(5)[4:] == b"\xff"

        # Those that were killed free their places one by one.
        wait_until(refused, 20, "the server has too many connections")
        return taken


class LsnAccountTest(AccountFaults, LsnCase):
    def test_one_connection_is_enough(self):
        self.run_for_account("ALTER USER {account} WITH MAX_USER_CONNECTIONS 1")
        self.kill_connections()
        self.wait_until_down()
        self.assert_recovers()


class BinlogAccountTest(AccountFaults, BinlogCase):
    pass


if __name__ == "__main__":
    unittest.main()
