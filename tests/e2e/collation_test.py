"""The weights of a collation are asked of the server when it is met for the first time,
and not again; a change beside it is found."""

import unittest

from support.failover_case import BinlogCase, LsnCase
from support.postmap import found
from support.site import ALIASES, MAILBOXES

# Statements that ask for weights, and not the one that asks how many there are.
_ASKED = (
    "SELECT COUNT(*) FROM mysql.general_log WHERE argument LIKE '%WEIGHT_STRING%'"
    " AND argument NOT LIKE '%general_log%'"
)


class CollationCase:
    def before_postmirror(self):
        self.addCleanup(
            self.mariadb.run, "SET GLOBAL general_log = OFF, log_output = 'FILE'"
        )
        self.mariadb.run(
            "TRUNCATE mysql.general_log;"
            "SET GLOBAL log_output = 'TABLE', general_log = ON"
        )

    def asked(self):
        """Returns how many statements have asked for weights so far."""
        ((count,),) = self.mariadb.run(_ASKED)
        return int(count)


class Beside(CollationCase):
    """A change beside one of a collation is found, and weights are asked once."""

    def alter_and_add(self, collation, alias):
        """Gives one map another collation, and changes another map at once."""
        self.mariadb.run(
            "ALTER TABLE virtual_mailboxes CONVERT TO CHARACTER SET utf8mb4"
            f" COLLATE utf8mb4_{collation};"
            "INSERT INTO virtual_aliases (domain_id, source, destination)"
            f" VALUES (1, '{alias}@example.org', 'user@example.org')"
        )
        self.wait_for_lookup(
            ALIASES, f"{alias}@example.org", found("user@example.org")
        )

    def test_a_change_beside_a_new_collation_is_found(self):
        asked = self.asked()
        self.alter_and_add("unicode_ci", "first")
        self.assertGreater(self.asked(), asked)
        # Of one that it knows, and one that needs no weights, nothing is asked.
        asked = self.asked()
        self.alter_and_add("general_ci", "second")
        self.alter_and_add("bin", "third")
        self.alter_and_add("unicode_ci", "fourth")
        self.assertEqual(self.asked(), asked)
        self.asker.assert_unshaken()


class BesideLsnTest(Beside, LsnCase):
    pass


class BesideBinlogTest(Beside, BinlogCase):
    pass


class KeptTest(CollationCase, LsnCase):
    """The weights outlive sync; how changes are found makes no difference to that."""

    def restart_sync(self, address):
        """Starts sync anew, and waits until it has read everything."""
        self.site.sync.stop()
        self.insert_mailbox(address)
        self.site.sync.start()
        self.wait_for_lookup(MAILBOXES, address, found("1"))

    def test_a_restart_asks_no_weights(self):
        asked = self.asked()
        self.assertGreater(asked, 0)
        self.assertLess(asked, 100, "a few statements are enough")
        self.restart_sync("first@example.org")
        self.assertEqual(self.asked(), asked)

        # What is damaged is asked for, and mended.
        files = list((self.site.store / "v1").glob("collation-*"))
        self.assertTrue(files)
        for file in files:
            file.write_bytes(file.read_bytes()[:-1])
        self.restart_sync("second@example.org")
        self.assertGreater(self.asked(), asked)
        asked = self.asked()
        self.restart_sync("third@example.org")
        self.assertEqual(self.asked(), asked)
        self.asker.assert_unshaken()


if __name__ == "__main__":
    unittest.main()
