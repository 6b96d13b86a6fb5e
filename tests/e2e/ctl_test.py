"""postmirrorctl: what it says and how it exits."""

import json
import subprocess
import unittest

from support.e2e_case import FILLERS, E2eCase
from support.postmap import NOT_FOUND, found
from support.programs import program_path
from support.site import ALIASES, DOMAINS, MAILBOXES
from support.waiting import wait_until

_OK, _WARNING, _CRITICAL, _UNKNOWN = range(4)
_NOT_FOUND, _USAGE, _TEMPORARY = 1, 64, 75
# Two sources are one row each beside the fillers, info@ is one key of two rows.
_ALIAS_ENTRIES = FILLERS + 3


class CtlTest(E2eCase):
    def wait_for_status(self, code):
        """Waits until status exits with `code`, returns what it prints."""
        return wait_until(
            lambda: (result := self.site.ctl("status")).returncode == code
            and result.stdout,
            20,
            lambda: f"status exits with {code}: {self.site.ctl('status')}",
        )

    def assert_exit(self, code, *arguments):
        """Returns what the command has printed."""
        result = self.site.ctl(*arguments)
        self.assertEqual(result.returncode, code, result)
        return result.stdout

    def key_collation(self):
        """Returns the collation that MariaDB gave the key columns."""
        ((collation,),) = self.mariadb.run(
            "SELECT DISTINCT COLLATION_NAME FROM information_schema.COLUMNS"
            " WHERE TABLE_SCHEMA = DATABASE()"
            " AND COLUMN_NAME IN ('name', 'email', 'source')"
        )
        return collation

    def test_status_of_a_healthy_mirror(self):
        self.start_postmirror()
        text = self.wait_for_status(_OK)
        self.assertIn("OK", text)
        self.assertIn("lsn", text)
        for path in self.site.map_files.values():
            self.assertIn(str(path), text)
        self.assertIn(f"{_ALIAS_ENTRIES} entries", text)
        self.assertIn(self.key_collation(), text)

    def test_status_as_json(self):
        self.start_postmirror()
        self.wait_for_status(_OK)
        status = json.loads(self.assert_exit(_OK, "status", "--json"))
        self.assertEqual(status["health"], "ok")
        maps = {each["name"]: each for each in status["maps"]}
        entries = {name: maps[str(path)] for name, path in self.site.map_files.items()}
        self.assertEqual(entries[DOMAINS]["entries"], 3)
        self.assertEqual(entries[MAILBOXES]["entries"], 3)
        self.assertEqual(entries[ALIASES]["entries"], _ALIAS_ENTRIES)
        for each in maps.values():
            self.assertEqual(each["state"], "filled")
            self.assertEqual(each["key_collation"], self.key_collation())
            self.assertGreaterEqual(each["freshness_seconds"], 0)
        (server,) = status["servers"]
        self.assertEqual(server["change_source"], "lsn")
        self.assertIn(str(self.mariadb.port), server["server"])
        self.assertEqual(server["error"], "")

    def test_status_while_mariadb_is_down(self):
        self.start_postmirror()
        self.mariadb.kill()
        self.assertIn(str(self.mariadb.port), self.wait_for_status(_WARNING))
        status = json.loads(self.assert_exit(_WARNING, "status", "--json"))
        self.assertIn(str(self.mariadb.port), status["servers"][0]["error"])
        self.mariadb.start()
        self.wait_for_status(_OK)

    def test_status_while_sync_is_down(self):
        self.start_postmirror()
        self.wait_for_status(_OK)
        self.site.sync.kill()
        self.assertIn("not running", self.assert_exit(_CRITICAL, "status"))

    def test_status_while_the_proxy_is_down(self):
        self.start_postmirror()
        self.wait_for_status(_OK)
        self.site.proxy.kill()
        said = self.assert_exit(_CRITICAL, "status")
        self.assertIn("postmirror-proxy does not answer", said)
        self.assertIn(f"{_ALIAS_ENTRIES} entries", said)
        self.site.write_config({"status_socket": ""})
        self.assert_exit(_OK, "status")

    def test_status_without_a_store(self):
        said = self.assert_exit(_CRITICAL, "status")
        self.assertIn("postmirror-sync is not running", said)
        status = json.loads(self.assert_exit(_CRITICAL, "status", "--json"))
        self.assertEqual(status["health"], "critical")

    def test_status_without_a_configuration(self):
        self.site.config.unlink()
        said = self.assert_exit(_UNKNOWN, "status")
        self.assertTrue(said.startswith("postmirror UNKNOWN: "), said)
        self.assertIn(f"{self.site.config}", said)

    def test_status_with_a_wrong_configuration_is_one_line(self):
        self.site.write_config({"proxy_threads": "many", "store": "here"})
        said = self.assert_exit(_UNKNOWN, "status")
        self.assertEqual(said.count("\n"), 1, said)
        for name in ("proxy_threads", "store"):
            self.assertIn(name, said)
        status = json.loads(self.assert_exit(_UNKNOWN, "status", "--json"))
        self.assertEqual(status["health"], "unknown")
        self.assertIn("proxy_threads", status["summary"])

    def test_status_is_of_the_moment_it_is_asked(self):
        self.start_postmirror()
        for i in range(1, 6):
            self.mariadb.run(
                f"INSERT INTO virtual_domains (name) VALUES ('later{i}.test')"
            )
            client = lambda: self.site.ask_proxy("tcp", DOMAINS, f"later{i}.test")
            wait_until(lambda: client() == found("1"), 20, lambda: client())
            said = self.site.ctl("status").stdout
            self.assertIn(f"{self.site.map_files[DOMAINS]}\n  filled, {3 + i} e", said)

    def test_lookup_does_the_address_search(self):
        self.start_postmirror()
        for key, value in (
            ("Info@Example.org", "user@example.org,elsewhere@remote.invalid\n"),
            ("filler1+Ext@example.org", "user+Ext@example.org\n"),
            ("any@catchall.test", "user@example.org\n"),
        ):
            with self.subTest(key=key):
                self.assertEqual(self.assert_exit(0, "lookup", ALIASES, key), value)
        nothing = self.assert_exit(_NOT_FOUND, "lookup", ALIASES, "no@example.org")
        self.assertEqual(nothing, "")

    def test_lookup_prints_nothing_that_a_terminal_would_obey(self):
        self.mariadb.run(
            "INSERT INTO virtual_aliases (domain_id, source, destination) VALUES"
            " (1, 'esc@example.org', CONCAT('a', CHAR(27), '[2J', CHAR(10), 'b'))"
        )
        self.start_postmirror()
        self.assertEqual(
            self.assert_exit(0, "lookup", "--exact", ALIASES, "esc@example.org"),
            "a\\x1b[2J\\nb\n",
        )

    def test_exact_lookup_does_not(self):
        self.start_postmirror()
        for key, code in (
            ("filler1@example.org", 0),
            ("filler1+ext@example.org", _NOT_FOUND),
            ("any@catchall.test", _NOT_FOUND),
            ("@catchall.test", 0),
        ):
            with self.subTest(key=key):
                self.assert_exit(code, "lookup", "--exact", ALIASES, key)

    def test_lookup_without_a_store_is_temporary(self):
        for key in ("user@example.org", "unknown@example.org"):
            self.assert_exit(_TEMPORARY, "lookup", MAILBOXES, key)
            self.assert_exit(_TEMPORARY, "lookup", "--exact", MAILBOXES, key)

    def test_lookup_while_everything_else_is_down(self):
        self.start_postmirror()
        self.mariadb.kill()
        self.site.close()
        self.assertEqual(self.assert_exit(0, "lookup", DOMAINS, "example.org"), "1\n")
        self.assert_exit(_NOT_FOUND, "lookup", DOMAINS, "elsewhere.test")

    def test_lookup_of_a_parameter_that_is_not_served(self):
        self.start_postmirror()
        self.assert_exit(_USAGE, "lookup", "canonical_maps", "user@example.org")

    def test_accept_all(self):
        self.hold_two_maps()
        self.assert_exit(0, "accept", "--all")
        self.wait_for_lookup(ALIASES, "filler1@example.org", NOT_FOUND)
        self.wait_for_lookup(MAILBOXES, "user@example.org", NOT_FOUND)
        self.wait_for_status(_OK)

    def hold_two_maps(self):
        self.start_postmirror()
        self.mariadb.run("TRUNCATE virtual_aliases; DELETE FROM virtual_mailboxes")
        wait_until(
            lambda: self.site.ctl("status").stdout.count("\n  held: ") == 2,
            20,
            lambda: f"two maps are held: {self.site.ctl('status')}",
        )

    def test_accept_of_an_empty_name_accepts_nothing(self):
        self.hold_two_maps()
        result = self.site.ctl("accept", "")
        self.assertEqual(result.returncode, _USAGE, result)
        self.assertEqual(result.stderr.count("\n"), 1, result)
        self.assertIn("MAP is empty", result.stderr)
        self.assert_lookup(ALIASES, "filler1@example.org", found("user@example.org"))
        self.assertEqual(self.site.ctl("status").stdout.count("\n  held: "), 2)

    def test_a_second_accept_beside_one_is_told_so(self):
        self.hold_two_maps()
        self.site.sync.freeze()
        first = subprocess.Popen(
            [program_path("postmirrorctl"), "--config", self.site.config]
            + ["accept", "--all"],
            stdout=subprocess.PIPE,
        )
        self.addCleanup(first.communicate)
        self.addCleanup(first.kill)
        wait_until(
            lambda: list((self.site.store / "v1").glob("accept-*.request")),
            20,
            lambda: "a request is there",
        )
        second = self.site.ctl("accept", "--all")
        self.assertEqual(second.returncode, _TEMPORARY, second)
        self.assertIn("another postmirrorctl accept is under way", second.stderr)
        self.site.sync.thaw()
        self.assertEqual(first.wait(30), 0)
        self.wait_for_status(_OK)

    def test_accept_while_sync_is_down(self):
        self.start_postmirror()
        self.mariadb.run("TRUNCATE virtual_aliases")
        self.wait_for_status(_CRITICAL)
        self.site.sync.kill()
        self.assert_exit(_TEMPORARY, "accept", self.site.map_files[ALIASES])
        self.assert_exit(_TEMPORARY, "accept", "--all")

    def test_accept_while_mariadb_is_down(self):
        self.start_postmirror()
        self.mariadb.run("TRUNCATE virtual_aliases")
        self.wait_for_status(_CRITICAL)
        self.mariadb.kill()
        self.site.sync.wait_for_log("lookups are answered from what the store has")
        sync = self.site.sync.pid
        # By these accept decides how long a read may still take.
        self.site.write_config({"connect_timeout": "1s", "read_timeout": "1s"})
        result = self.site.ctl("accept", self.site.map_files[ALIASES])
        self.assertEqual(result.returncode, _TEMPORARY, result)
        self.assertIn("has not read the database", result.stderr)
        self.assert_lookup(ALIASES, "filler1@example.org", found("user@example.org"))
        # The request stands, for the database to come back.
        self.mariadb.start()
        self.wait_for_lookup(ALIASES, "filler1@example.org", NOT_FOUND)
        self.assertEqual(self.site.sync.pid, sync)

    def test_accept_of_a_map_that_is_not_held(self):
        self.start_postmirror()
        result = self.site.ctl("accept", self.site.map_files[ALIASES])
        self.assertNotIn(result.returncode, (0, _TEMPORARY), result)
        self.assertIn("not held", result.stderr)


if __name__ == "__main__":
    unittest.main()
