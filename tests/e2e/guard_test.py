"""The guard: what removes, replaces or changes too much of a map within an hour is
held, stays held over restarts, and is released by the rows that come back or by
accept."""

import json
import unittest

from support.e2e_case import FILLERS, E2eCase
from support.mariadb import BINLOG_OPTIONS
from support.postmap import NOT_FOUND, found
from support.site import ALIASES, DOMAINS, GUIDE_MAPS, MAILBOXES, MapFile
from support.sql_session import SqlSession
from support.waiting import wait_until

_MANY = 1000
_USER = found("user@example.org")


class GuardCase(E2eCase):
    settings = {"reconcile_interval": "1h"}

    def setUp(self):
        super().setUp()
        self.mariadb.run(
            "INSERT INTO virtual_mailboxes (domain_id, email, password)"
            f" SELECT 1, CONCAT('box', seq, '@example.org'), '' FROM seq_1_to_{_MANY};"
            "INSERT INTO virtual_aliases (domain_id, source, destination)"
            " SELECT 1, CONCAT('alias', seq, '@example.org'), 'user@example.org'"
            f" FROM seq_1_to_{_MANY}"
        )
        self.site.sync.start()
        self.site.start_proxy()
        self.wait_for(ALIASES, f"alias{_MANY}@example.org", _USER)

    def ask(self, parameter, key):
        return self.site.ask_proxy("socketmap-unix", parameter, key)

    def wait_for(self, parameter, key, outcome):
        wait_until(
            lambda: self.ask(parameter, key) == outcome,
            20,
            lambda: f"{parameter} {key} is {outcome}: {self.ask(parameter, key)}",
        )

    def status(self, parameter):
        report = json.loads(self.site.ctl("status", "--json").stdout)
        name = str(self.site.map_files[parameter])
        return next(each for each in report["maps"] if each["name"] == name)

    def wait_for_status(self, parameter, **fields):
        """Waits until status says this of the map."""

        def is_reached():
            status = self.status(parameter)
            return all(status[name] == value for name, value in fields.items())

        wait_until(is_reached, 20, lambda: f"{fields}: {self.status(parameter)}")

    def read_on(self):
        """Returns when sync has read what was committed before, and put it into the
        store: by a domain of its own."""
        self.domains = getattr(self, "domains", 0) + 1
        name = f"later{self.domains}.test"
        self.mariadb.run(f"INSERT INTO virtual_domains (name) VALUES ('{name}')")
        self.wait_for(DOMAINS, name, found("1"))

    def restart_sync(self):
        self.site.sync.kill()
        self.site.sync.start()
        self.read_on()

    def accept(self, parameter):
        result = self.site.ctl("accept", self.site.map_files[parameter])
        self.assertEqual(result.returncode, 0, result)
        return result.stdout


class GuardTest(GuardCase):
    def test_a_thousand_deleted_one_by_one(self):
        session = SqlSession(self.mariadb)
        self.addCleanup(session.close)
        for i in range(1, _MANY + 1):
            session.run(
                "DELETE FROM virtual_mailboxes"
                f" WHERE email = 'box{i}@example.org'"
            )
        self.wait_for_status(MAILBOXES, state="held")
        self.read_on()
        for _ in range(2):
            # sync says it once lookups have it.
            status = wait_until(
                lambda: (
                    (said := self.status(MAILBOXES))["entries"] is not None
                    and said["held_removals"] == said["entries"] - 3
                    and said
                ),
                20,
                lambda: f"all but three would go: {self.status(MAILBOXES)}",
            )
            self.assertEqual(status["state"], "held")
            self.assertGreater(status["entries"], _MANY // 2)
            self.assertIn(f"of the {_MANY + 3} entries", status["held_reason"])
            self.assertEqual(self.ask(MAILBOXES, f"box{_MANY}@example.org"), found("1"))
            self.restart_sync()
        said = self.accept(MAILBOXES)
        self.assertIn(f"accepted, {status['held_removals']} removals applied", said)
        self.wait_for(MAILBOXES, f"box{_MANY}@example.org", NOT_FOUND)
        self.wait_for_status(MAILBOXES, state="filled", entries=3)

    def test_a_store_that_is_damaged_while_a_map_is_held(self):
        self.mariadb.run("DELETE FROM virtual_mailboxes")
        self.wait_for_status(MAILBOXES, state="held")
        self.site.sync.kill()
        (self.site.store / "v1" / "data.mdb").write_bytes(b"x" * 20000)
        self.site.sync.start()
        self.site.sync.wait_for_log("is gone with a store")
        self.read_on()
        for _ in range(2):
            status = self.status(MAILBOXES)
            self.assertEqual(status["state"], "held")
            self.assertIn("is not known any more", status["held_reason"])
            self.assertEqual(self.status(ALIASES)["state"], "filled")
            self.restart_sync()
        self.accept(MAILBOXES)
        self.wait_for_status(MAILBOXES, state="filled", entries=0)

    def test_domains_that_are_emptied_and_one_that_comes(self):
        self.mariadb.run(
            "INSERT INTO virtual_domains (name)"
            " SELECT CONCAT('more', seq, '.test') FROM seq_1_to_5"
        )
        self.wait_for_status(DOMAINS, entries=8)
        self.mariadb.run(
            "CREATE TABLE saved AS SELECT * FROM virtual_domains;"
            "DELETE FROM virtual_domains"
        )
        self.wait_for_status(DOMAINS, state="held", held_removals=8)
        self.read_on()
        self.wait_for_status(DOMAINS, state="held", held_removals=8, entries=9)
        self.assertEqual(self.ask(DOMAINS, "example.org"), found("1"))
        self.mariadb.run(
            "INSERT INTO virtual_domains SELECT * FROM saved WHERE id <> 1"
        )
        self.wait_for_status(DOMAINS, state="held", held_removals=1)
        self.mariadb.run("INSERT INTO virtual_domains SELECT * FROM saved WHERE id = 1")
        self.wait_for_status(DOMAINS, state="filled", entries=9)

    def test_aliases_that_are_replaced_by_others(self):
        self.mariadb.run(
            "UPDATE virtual_aliases SET source = CONCAT('other-', source)"
            " WHERE source LIKE 'alias%@example.org'"
        )
        self.wait_for_status(ALIASES, state="held", held_removals=_MANY)
        self.assertEqual(self.ask(ALIASES, "alias7@example.org"), _USER)
        self.assertEqual(self.ask(ALIASES, "other-alias7@example.org"), _USER)
        self.restart_sync()
        self.wait_for_status(ALIASES, state="held", held_removals=_MANY)
        self.mariadb.run(
            "UPDATE virtual_aliases SET source = SUBSTR(source, 7)"
            " WHERE source LIKE 'other-%'"
        )
        self.wait_for_status(ALIASES, state="filled")
        self.assertEqual(self.ask(ALIASES, "other-alias7@example.org"), NOT_FOUND)

    def test_an_update_without_where(self):
        before = self.status(ALIASES)["entries"]
        self.mariadb.run("UPDATE virtual_aliases SET destination = 'me@example.org'")
        self.wait_for_status(ALIASES, state="held", held_values=before)
        self.assertEqual(self.ask(ALIASES, "alias7@example.org"), _USER)
        # A new key is applied; a removed one waits.
        self.mariadb.run(
            "DELETE FROM virtual_aliases WHERE source = 'alias1@example.org';"
            "INSERT INTO virtual_aliases (domain_id, source, destination)"
            " VALUES (1, 'new@example.org', 'user@example.org')"
        )
        self.wait_for(ALIASES, "new@example.org", _USER)
        self.assertEqual(self.ask(ALIASES, "alias1@example.org"), _USER)
        # Another collation makes another definition of it, which waits with it.
        self.mariadb.run(
            "ALTER TABLE virtual_aliases MODIFY source VARCHAR(100)"
            " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL"
        )
        self.read_on()
        self.restart_sync()
        self.assertEqual(self.ask(ALIASES, "alias7@example.org"), _USER)
        self.wait_for_status(ALIASES, state="held", held_values=before - 1)
        self.assertIn(
            f"accepted, 1 removals and {before - 1} changed values applied",
            self.accept(ALIASES),
        )
        self.wait_for(ALIASES, "alias7@example.org", found("me@example.org"))
        self.wait_for_status(ALIASES, state="filled", entries=before)

    def test_values_that_change_back(self):
        self.mariadb.run(
            "UPDATE virtual_aliases SET destination = CONCAT('x', destination)"
        )
        self.wait_for_status(ALIASES, state="held")
        self.mariadb.run(
            "UPDATE virtual_aliases SET destination = SUBSTR(destination, 2)"
        )
        self.wait_for_status(ALIASES, state="filled", held_values=0)
        self.assertEqual(self.ask(ALIASES, "alias7@example.org"), _USER)


class GuardBinlogTest(GuardTest):
    server_options = BINLOG_OPTIONS


class GuardLineTest(GuardCase):
    """`guard` in a map file."""

    maps = {
        parameter: [
            MapFile(
                GUIDE_MAPS[parameter].name,
                GUIDE_MAPS[parameter].query,
                f"guard = {what}",
            )
        ]
        for parameter, what in ((MAILBOXES, "off"), (ALIASES, "removals"))
    }

    def test_what_is_not_judged_passes(self):
        self.mariadb.run(
            "DELETE FROM virtual_mailboxes;"
            "UPDATE virtual_aliases SET destination = 'me@example.org'"
        )
        self.wait_for(MAILBOXES, "user@example.org", NOT_FOUND)
        self.wait_for(ALIASES, "alias7@example.org", found("me@example.org"))
        self.mariadb.run("DELETE FROM virtual_aliases")
        self.wait_for_status(ALIASES, state="held", held_values=0)


class GuardOffTest(GuardCase):
    settings = {"reconcile_interval": "1h", "max_shrink": "100%"}

    def test_everything_passes(self):
        self.mariadb.run("DELETE FROM virtual_domains")
        for parameter, key in (
            (DOMAINS, "example.org"),
            (MAILBOXES, "user@example.org"),
            (ALIASES, f"filler{FILLERS}@example.org"),
        ):
            self.wait_for(parameter, key, NOT_FOUND)


if __name__ == "__main__":
    unittest.main()
