"""The server refuses one account of two: the maps of the other one go on."""

import unittest

from support.failover_case import BinlogCase, LsnCase
from support.postmap import found
from support.site import ALIASES, MAILBOXES, MapFile

_SECOND = "second"
_PASSWORD = "of-the-second"
_LINES = f"user = {_SECOND}\npassword = {_PASSWORD}"


class RefusedAccounts:
    """The aliases are read by an account of their own."""

    maps = {
        ALIASES: [
            MapFile(
                "virtual-alias-maps",
                "SELECT destination FROM virtual_aliases WHERE source='%s'",
                _LINES,
            )
        ]
    }

    def before_postmirror(self):
        self.mariadb.run(
            f"CREATE USER '{_SECOND}'@'127.0.0.1' IDENTIFIED BY '{_PASSWORD}';"
            f"GRANT SELECT ON virtual_aliases TO '{_SECOND}'@'127.0.0.1'"
        )

    def alter(self, sql):
        self.mariadb.run(f"ALTER USER '{_SECOND}'@'127.0.0.1' {sql}")

    def check(self, spoil, error, mend):
        """Its maps are broken for as long as the account is refused, and none else."""
        self.alter(spoil)
        self.mariadb.run(f"KILL USER {_SECOND}")
        # It is missed at the next read.
        self.insert_mailbox("meanwhile@example.org")
        self.wait_until_broken(ALIASES, error)
        self.wait_for_lookup(MAILBOXES, "meanwhile@example.org", found("1"))
        self.asker.assert_unshaken()
        self.alter(mend)
        self.mariadb.run("FLUSH USER_RESOURCES", database=None)
        self.wait_until_mended(ALIASES)
        self.assert_follows()

    def test_wrong_password(self):
        self.check(
            "IDENTIFIED BY 'another'", "(1045)", f"IDENTIFIED BY '{_PASSWORD}'"
        )
        self.assertEqual(self.count_in_log(_PASSWORD), 0)


class LsnLogOnTest(RefusedAccounts, LsnCase):
    def test_locked(self):
        self.check("ACCOUNT LOCK", "(4151)", "ACCOUNT UNLOCK")

    def test_expired_password(self):
        self.check("PASSWORD EXPIRE", "password", f"IDENTIFIED BY '{_PASSWORD}'")

    def test_limit_of_questions(self):
        self.check(
            "WITH MAX_QUERIES_PER_HOUR 1", "(1226)", "WITH MAX_QUERIES_PER_HOUR 0"
        )


class BinlogLogOnTest(RefusedAccounts, BinlogCase):
    pass


if __name__ == "__main__":
    unittest.main()
