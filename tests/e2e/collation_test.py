"""The weights of a collation are asked of the server when it is met for the first time,
and not again; a change beside it is found."""

import unittest

from support.failover_case import BinlogCase, LsnCase
from support.postmap import NOT_FOUND, found
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


class Held:
    """A collation that changes while the guard holds back what else did."""

    settings = {"reconcile_interval": "1h"}

    def before_postmirror(self):
        self.mariadb.run(
            "INSERT INTO virtual_mailboxes (domain_id, email, password)"
            " SELECT 1, CONCAT('Müller', seq, '@example.org'), ''"
            " FROM seq_1_to_40"
        )

    def collate(self, collation):
        self.mariadb.run(
            "ALTER TABLE virtual_mailboxes CONVERT TO CHARACTER SET utf8mb4"
            f" COLLATE utf8mb4_{collation}"
        )

    def test_new_keys_are_applied_by_the_collation_of_before(self):
        self.mariadb.run(
            "CREATE TABLE saved AS SELECT * FROM virtual_mailboxes;"
            "DELETE FROM virtual_mailboxes"
        )
        self.wait_for_map(MAILBOXES, state="held")
        self.collate("unicode_ci")
        self.insert_mailbox("First@example.org")
        self.wait_for_lookup(MAILBOXES, "first@example.org", found("1"))
        self.wait_for_map(
            MAILBOXES,
            state="held",
            key_collation="utf8mb4_general_ci",
            held_additions=None,
            held_reason="its new collation waits",
        )
        self.assertEqual(self.lookup(MAILBOXES, "müller40@example.org"), found("1"))
        self.mariadb.run("INSERT INTO virtual_mailboxes SELECT * FROM saved")
        self.wait_for_map(
            MAILBOXES, state="filled", key_collation="utf8mb4_unicode_ci"
        )
        self.assertEqual(self.lookup(MAILBOXES, "müller40@example.org"), found("1"))

    def test_other_forms_of_the_same_keys_are_not_held(self):
        self.mariadb.run("UPDATE virtual_mailboxes SET email = LOWER(email)")
        for number, collation in enumerate(("bin", "unicode_ci", "bin", "general_ci")):
            self.collate(collation)
            self.wait_for_map(MAILBOXES, key_collation=f"utf8mb4_{collation}")
            self.insert_mailbox(f"new{number}@example.org")
            self.wait_for_lookup(MAILBOXES, f"new{number}@example.org", found("1"))
        self.assertEqual(self.count_in_log("is held"), 0)
        self.asker.assert_unshaken()

    def test_a_collation_that_loses_addresses_is_held(self):
        self.collate("bin")
        self.wait_for_map(MAILBOXES, state="held", held_removals=41)
        self.insert_mailbox("first@example.org")
        self.wait_for_lookup(MAILBOXES, "first@example.org", found("1"))
        self.assertEqual(self.lookup(MAILBOXES, "müller1@example.org"), found("1"))
        self.assertEqual(self.status_of_all()["health"], "critical")
        self.site.ctl("accept", self.site.map_files[MAILBOXES])
        self.wait_for_lookup(MAILBOXES, "müller1@example.org", NOT_FOUND)
        self.wait_for_map(MAILBOXES, state="filled", key_collation="utf8mb4_bin")


class HeldLsnTest(Held, LsnCase):
    pass


class HeldBinlogTest(Held, BinlogCase):
    pass


if __name__ == "__main__":
    unittest.main()
