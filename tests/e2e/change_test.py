"""A committed change is visible to lookups at once, although the next reconcile is
an hour away; a change that looks like an accident is held."""

import unittest

from support.e2e_case import FILLERS, E2eCase
from support.postmap import NOT_FOUND, found
from support.site import ALIASES, DOMAINS, MAILBOXES
from support.waiting import wait_until

_VISIBLE_SECONDS = 2  # the promise on MariaDB's default settings


class ChangeTest(E2eCase):
    settings = {"reconcile_interval": "1h"}

    def setUp(self):
        super().setUp()
        self.start_postmirror()

    def assert_visible(self, parameter, key, outcome):
        self.wait_for_lookup(parameter, key, outcome, _VISIBLE_SECONDS)

    def insert_alias(self, source, destination="user@example.org"):
        self.mariadb.run(
            "INSERT INTO virtual_aliases (domain_id, source, destination)"
            f" VALUES (1, '{source}', '{destination}')"
        )

    def truncate_aliases(self):
        """Empties one of the three maps, and waits until status alarms of it."""
        self.mariadb.run("TRUNCATE virtual_aliases")
        self.wait_for_status(2, "is held")

    def wait_for_status(self, code, text):
        def status():
            result = self.site.ctl("status")
            return result.returncode, result.stdout

        wait_until(
            lambda: status()[0] == code and text in status()[1],
            20,
            lambda: f"status {code} says {text!r}: {status()}\n{self.site.logs()}",
        )

    def test_insert_is_visible(self):
        self.assert_lookup(ALIASES, "new@example.org", NOT_FOUND)
        self.insert_alias("new@example.org")
        self.assert_visible(ALIASES, "new@example.org", found("user@example.org"))

    def test_second_row_of_a_key_is_visible(self):
        self.insert_alias("filler1@example.org", "second@example.org")
        self.assert_visible(
            ALIASES,
            "filler1@example.org",
            found("user@example.org,second@example.org"),
        )

    def test_update_is_visible(self):
        self.mariadb.run(
            "UPDATE virtual_mailboxes SET email = 'renamed@example.org'"
            " WHERE email = 'user@example.org'"
        )
        self.assert_visible(MAILBOXES, "renamed@example.org", found("1"))
        self.assert_lookup(MAILBOXES, "user@example.org", NOT_FOUND)

    def test_delete_is_visible(self):
        self.mariadb.run(
            "DELETE FROM virtual_aliases WHERE source = 'filler1@example.org'"
        )
        self.assert_visible(ALIASES, "filler1@example.org", NOT_FOUND)
        self.assert_lookup(ALIASES, "filler2@example.org", found("user@example.org"))

    def test_cascade_is_visible(self):
        self.assert_lookup(MAILBOXES, "box@doomed.test", found("1"))
        self.mariadb.run("DELETE FROM virtual_domains WHERE name = 'doomed.test'")
        self.assert_visible(DOMAINS, "doomed.test", NOT_FOUND)
        self.assert_lookup(MAILBOXES, "box@doomed.test", NOT_FOUND)
        self.assert_lookup(ALIASES, "alias@doomed.test", NOT_FOUND)

    def test_uncommitted_change_is_not_visible(self):
        # The rolled back transaction comes first: the committed one, once
        # visible, shows that sync has read since.
        self.mariadb.run(
            "BEGIN; DELETE FROM virtual_mailboxes; ROLLBACK;"
            "INSERT INTO virtual_domains (name) VALUES ('after.test')"
        )
        self.assert_visible(DOMAINS, "after.test", found("1"))
        self.assert_lookup(MAILBOXES, "user@example.org", found("1"))

    def test_truncate_is_held_until_accepted(self):
        self.truncate_aliases()
        # Old answers stay; the other maps follow.
        self.assert_lookup(ALIASES, "filler1@example.org", found("user@example.org"))
        self.mariadb.run("INSERT INTO virtual_domains (name) VALUES ('other.test')")
        self.assert_visible(DOMAINS, "other.test", found("1"))
        # What is new to the store is applied, though removals and changes wait.
        self.insert_alias("new@example.org")
        self.insert_alias("filler1@example.org", "changed@example.org")
        self.assert_visible(ALIASES, "new@example.org", found("user@example.org"))
        for key in ("filler1@example.org", f"filler{FILLERS}@example.org"):
            self.assert_lookup(ALIASES, key, found("user@example.org"))

        # Accept names what status says, which a lookup may be ahead of.
        self.wait_for_status(2, f"held: {FILLERS + 2} removals")
        accepted = self.site.ctl("accept", self.site.map_files[ALIASES])
        self.assertEqual(accepted.returncode, 0, accepted)
        self.assert_visible(ALIASES, "filler2@example.org", NOT_FOUND)
        self.assert_lookup(ALIASES, "filler1@example.org", found("changed@example.org"))
        self.assert_lookup(ALIASES, "new@example.org", found("user@example.org"))
        self.wait_for_status(0, "follow the database")

    def test_truncate_is_held_across_a_restart_of_sync(self):
        self.truncate_aliases()
        self.site.sync.kill()
        self.site.sync.start()
        # A change of another map shows that the new process has read everything.
        self.mariadb.run("INSERT INTO virtual_domains (name) VALUES ('other.test')")
        self.wait_for_lookup(DOMAINS, "other.test", found("1"))
        self.assert_lookup(ALIASES, "filler1@example.org", found("user@example.org"))
        self.wait_for_status(2, "is held")

    def test_held_map_is_released_when_the_rows_come_back(self):
        self.mariadb.run("CREATE TABLE saved AS SELECT * FROM virtual_aliases")
        self.truncate_aliases()
        self.mariadb.run("INSERT INTO virtual_aliases SELECT * FROM saved")
        self.wait_for_status(0, "follow the database")
        self.assert_lookup(ALIASES, "filler1@example.org", found("user@example.org"))

    def test_large_shrink_is_held(self):
        self.mariadb.run(
            "DELETE FROM virtual_aliases WHERE source LIKE 'filler%'"
            " AND source <> 'filler1@example.org'"
        )
        self.wait_for_status(2, "is held")
        self.assert_lookup(ALIASES, "filler2@example.org", found("user@example.org"))

    def test_last_row_of_a_small_map_is_held(self):
        self.mariadb.run("DELETE FROM virtual_mailboxes")
        self.wait_for_status(2, "is held")
        self.assert_lookup(MAILBOXES, "user@example.org", found("1"))


if __name__ == "__main__":
    unittest.main()
