"""Lookups through Postfix's own client: the answers, and that they stay whatever
happens to MariaDB and to postmirror itself."""

import unittest

from support.e2e_case import E2eCase
from support.postmap import NOT_FOUND, found
from support.site import ALIASES, DOMAINS, MAILBOXES

_READ_TIMEOUT_SECONDS = 2

# What mysql: maps would answer, after the address search of Postfix.
_ANSWERS = (
    (DOMAINS, "example.org", found("1")),
    (DOMAINS, "Example.ORG", found("1")),
    (DOMAINS, "sub.example.org", NOT_FOUND),
    (DOMAINS, "elsewhere.test", NOT_FOUND),
    (MAILBOXES, "user@example.org", found("1")),
    (MAILBOXES, "USER@Example.Org", found("1")),
    (MAILBOXES, "mixed@example.org", found("1")),
    (MAILBOXES, "user+Ext@example.org", found("1")),
    (MAILBOXES, "unknown@example.org", NOT_FOUND),
    (ALIASES, "info@example.org", found("user@example.org,elsewhere@remote.invalid")),
    (
        ALIASES,
        "Info+News@Example.org",
        found("user+News@example.org,elsewhere+News@remote.invalid"),
    ),
    (ALIASES, "anyone@catchall.test", found("user@example.org")),
    (ALIASES, "any+One@catchall.test", found("user@example.org")),
    (ALIASES, "user@example.org", NOT_FOUND),
    (ALIASES, "example.org", NOT_FOUND),
)


class LookupTest(E2eCase):
    def assert_all_answers(self):
        self.assert_lookups(_ANSWERS)

    def assert_changes_flow(self, seconds=20):
        self.mariadb.run(
            "INSERT INTO virtual_mailboxes (domain_id, email, password)"
            " VALUES (1, 'late@example.org', '')"
        )
        self.wait_for_lookup(MAILBOXES, "late@example.org", found("1"), seconds)

    def assert_answers_survive_restarts(self):
        """Neither daemon needs MariaDB to start."""
        self.site.proxy.stop()
        self.site.start_proxy()
        self.wait_until_answering()
        self.assert_all_answers()
        self.site.sync.stop()
        self.site.sync.start()
        self.assert_all_answers()
        self.site.proxy.kill()
        self.site.start_proxy()
        self.wait_until_answering()
        self.assert_all_answers()

    def setUp(self):
        super().setUp()
        self.start_postmirror()

    def test_answers_as_mysql_maps_do(self):
        for parameter, key, outcome in _ANSWERS:
            self.assert_lookup(parameter, key, outcome)

    def test_answers_stay_while_mariadb_is_stopped(self):
        self.mariadb.stop()
        self.assert_all_answers()
        self.assert_answers_survive_restarts()
        self.mariadb.start()
        self.assert_changes_flow()

    def test_answers_stay_while_mariadb_is_killed(self):
        sync = self.site.sync.pid
        self.mariadb.kill()
        self.assert_all_answers()
        self.mariadb.start()
        self.assert_changes_flow()
        self.assertEqual(self.site.sync.pid, sync)

    def test_restarts_while_mariadb_is_killed(self):
        self.mariadb.kill()
        self.assert_answers_survive_restarts()
        self.mariadb.start()
        self.assert_changes_flow()

    def test_answers_stay_while_mariadb_is_frozen(self):
        sync = self.site.sync.pid
        self.mariadb.freeze()
        # Frozen for longer than it takes sync to notice.
        self.site.sync.wait_for_log("lookups are answered from what the store has")
        self.assert_all_answers()
        self.mariadb.thaw()
        self.assert_changes_flow(seconds=2 * _READ_TIMEOUT_SECONDS)
        self.assertEqual(self.site.sync.pid, sync)

    def test_restarts_while_mariadb_is_frozen(self):
        self.mariadb.freeze()
        self.assert_answers_survive_restarts()
        self.mariadb.thaw()
        self.assert_changes_flow()


if __name__ == "__main__":
    unittest.main()
