"""One map cannot be read, and the others go on without it: additions and changed values
are applied, removals and new domains wait until every map can be read. A table that is
away for a moment breaks nothing."""

import pathlib
import re
import unittest

from support.failover_case import AutoCase, BinlogCase, LsnCase
from support.postmap import NOT_FOUND, found
from support.site import ALIASES, DOMAINS, MAILBOXES, MapFile
from support.waiting import wait_until

_RENAME = "ALTER TABLE virtual_aliases RENAME COLUMN {} TO {}"
_CANONICAL = "canonical_maps"
_VIEW = "CREATE VIEW rewritten AS SELECT source, destination FROM virtual_aliases"


class BrokenMaps:
    """A test for each way in which a map breaks."""

    maps = {
        _CANONICAL: [
            MapFile("canonical", "SELECT destination FROM rewritten WHERE source='%s'")
        ]
    }

    def before_postmirror(self):
        self.mariadb.run(_VIEW)
        self.run_for_account("GRANT SELECT, SHOW VIEW ON rewritten TO {account}")

    def test_renamed_column(self):
        self.mariadb.run("DROP VIEW rewritten")
        self.mariadb.run(_RENAME.format("destination", "target"))
        self.mariadb.run(
            "INSERT INTO virtual_domains (id, name) VALUES (9, 'new.test');"
            "DELETE FROM virtual_mailboxes WHERE email = 'box@doomed.test'"
        )
        self.insert_mailbox("beside@example.org")
        self.wait_for_lookup(MAILBOXES, "beside@example.org", found("1"))
        self.wait_until_broken(ALIASES, "(1054)")
        self.wait_until_broken(_CANONICAL, "(1146)")
        # An alias may be moving to a mailbox, a new domain may have aliases only.
        self.wait_for_map(MAILBOXES, waiting_removals=1)
        self.wait_for_map(DOMAINS, waiting_additions=1)
        self.assert_lookup(MAILBOXES, "box@doomed.test", found("1"))
        self.assert_lookup(DOMAINS, "new.test", NOT_FOUND)
        self.assert_follows()
        self.assert_health_gets_critical()
        self.mariadb.run(_RENAME.format("target", "destination"))
        self.mariadb.run(_VIEW)
        self.wait_until_mended(ALIASES)
        self.wait_until_mended(_CANONICAL)
        self.wait_for_lookup(MAILBOXES, "box@doomed.test", NOT_FOUND)
        self.wait_for_lookup(DOMAINS, "new.test", found("1"))
        self.wait_for_map(MAILBOXES, waiting_removals=0)
        self.wait_for_health("ok")
        self.assert_unbroken()
        self.assertEqual(self.count_in_log("is broken: "), 2, self.site.logs())
        self.assertEqual(self.count_in_log("told of nothing"), 0, self.site.logs())

    def test_entry_that_is_too_long(self):
        """Its rows are joined to more than 16 MiB."""
        many = "REPEAT('x', 16000000)"
        self.mariadb.run(
            "CREATE OR REPLACE VIEW rewritten AS SELECT source,"
            f" IF(destination LIKE 'long%', {many}, destination) AS destination"
            " FROM virtual_aliases"
        )
        self.mariadb.run(
            "INSERT INTO virtual_aliases (domain_id, source, destination)"
            " VALUES (1, 'l@example.org', 'long1'), (1, 'l@example.org', 'long2')"
        )
        self.wait_until_broken(
            _CANONICAL,
            "the entry of key 'l@example.org' is too long: 32000002 bytes, of which"
            " 16777216 are allowed; shorten it",
        )
        self.assert_follows()
        self.mariadb.run("DELETE FROM virtual_aliases WHERE destination = 'long2'")
        self.wait_until_mended(_CANONICAL)
        self.wait_for_health("ok")
        self.assert_unbroken()

    def test_rows_that_take_too_much_memory(self):
        """They are not read to their end: 300 MB would be there otherwise."""
        self.set_memory_limit("16M")
        rewritten = "CREATE OR REPLACE VIEW rewritten AS SELECT source, {} AS destination"
        rewritten += " FROM virtual_aliases"
        self.mariadb.run(
            rewritten.format("IF(destination = 'm', REPEAT('x', 15000), destination)")
        )
        self.mariadb.run(
            "INSERT INTO virtual_aliases (domain_id, source, destination)"
            " SELECT 1, CONCAT('m', seq, '@example.org'), 'm' FROM seq_1_to_20000"
        )
        self.wait_until_broken(
            _CANONICAL, "its rows take more memory than map_memory_limit = 16M allows"
        )
        self.assert_follows()
        status = pathlib.Path(f"/proc/{self.site.sync.pid}/status").read_text()
        peak = int(re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)[1])
        self.assertLess(peak, 150_000)
        self.mariadb.run(rewritten.format("IF(destination = 'm', REPEAT('x', 1000), destination)"))
        self.set_memory_limit("64M")
        self.wait_for_map(_CANONICAL, state="filled")
        self.wait_for_health("ok")
        self.assert_unbroken()

    def set_memory_limit(self, limit):
        self.site.write_config({"map_memory_limit": limit})
        reloads = self.count_in_log("reloaded ")
        self.site.sync.reload()
        wait_until(
            lambda: self.count_in_log("reloaded ") > reloads, 20, self.site.logs
        )

    def assert_health_gets_critical(self):
        """Once it lasts for longer than the setting, which status reads itself."""
        self.assertEqual(self.status_of_all()["health"], "warning")
        self.site.write_config({"broken_map_critical": "0s"})
        self.assertEqual(self.status_of_all()["health"], "critical")
        self.assertIn("wait: 1 removals", self.site.ctl("status").stdout)

    def test_global_grant(self):
        """It is good for connections that log on later."""
        self.spoil()
        self.run_for_account("REVOKE SELECT, SHOW VIEW ON rewritten FROM {account}")
        self.wait_until_broken(_CANONICAL, "(1142)")
        self.assert_follows()
        self.run_for_account("GRANT SELECT, SHOW VIEW ON *.* TO {account}")
        self.wait_until_mended(_CANONICAL)
        self.assert_follows()
        self.wait_for_health("ok")
        self.assert_unbroken()

    def test_view_without_its_base(self):
        self.mariadb.run("RENAME TABLE virtual_aliases TO away")
        self.wait_until_broken(ALIASES, "(1146)")
        self.wait_until_broken(_CANONICAL, "(1356)")
        self.assert_follows()
        self.mariadb.run("RENAME TABLE away TO virtual_aliases")
        self.wait_until_mended(ALIASES)
        self.wait_until_mended(_CANONICAL)
        self.assert_unbroken()
        self.wait_for_health("ok")


class HiddenViewTest(AutoCase):
    """A view whose definition the account may not see puts all maps on interval."""

    source = "interval"
    settings = {"reconcile_interval": "1s"}
    maps = BrokenMaps.maps

    def before_postmirror(self):
        self.mariadb.run(_VIEW)
        self.run_for_account("GRANT SELECT ON rewritten TO {account}")

    def test_status_warns_until_it_is_granted(self):
        self.wait_for_health("warning")
        summary = self.status_of_all()["summary"]
        self.assertIn("by interval, which is not the configured change", summary)
        self.assertIn("no SHOW VIEW privilege on it", summary)
        self.run_for_account("GRANT SHOW VIEW ON rewritten TO {account}")
        self.wait_for_source("binlog")
        self.wait_for_health("ok")


class OtherSourceTest(LsnCase):
    """The binlog is asked for, and the server has none."""

    settings = {"reconcile_interval": "1h", "change_source": "binlog"}

    def test_status_warns(self):
        self.wait_for_health("warning")
        self.assertIn(
            "changes are found by lsn, which is not the configured change source:"
            " log_bin is off",
            self.status_of_all()["summary"],
        )
        self.assertFalse(self.status()["as_configured"])
        self.assert_follows()


class TablesAwayForAMoment:
    """Nothing is broken, and nothing is lost."""

    def assert_nothing_was_broken(self):
        self.assert_unbroken()
        self.assertEqual(self.count_in_log("is broken"), 0, self.site.logs())
        self.wait_for_health("ok")
        # It was followed as before all the time.
        self.wait_for_source(self.source)
        self.assertEqual(self.count_in_log("change source interval"), 0)

    def test_restored_dump(self):
        # Each table is missing for a while, and empty for another. No read is tried
        # when the while ends: between CREATE and LOCK one would find it empty.
        dump = re.sub(
            "^(CREATE TABLE|INSERT)",
            r"DO SLEEP(0.8); \1",
            self.dump_database(),
            flags=re.MULTILINE,
        )
        self.insert_mailbox("after@example.org")
        self.wait_for_lookup(MAILBOXES, "after@example.org", found("1"))
        self.mariadb.run(dump)
        self.wait_for_lookup(MAILBOXES, "after@example.org", NOT_FOUND)
        self.assert_nothing_was_broken()

    def test_table_swapped(self):
        self.mariadb.run(
            "CREATE TABLE next LIKE virtual_aliases;"
            "INSERT INTO next SELECT * FROM virtual_aliases;"
            "INSERT INTO next (domain_id, source, destination)"
            " VALUES (1, 'swapped@example.org', 'user@example.org')"
        )
        self.mariadb.run("RENAME TABLE virtual_aliases TO away")
        self.wait_until_read_in_vain()
        self.mariadb.run("RENAME TABLE next TO virtual_aliases")
        self.wait_for_lookup(ALIASES, "swapped@example.org", found("user@example.org"))
        for _ in range(10):
            self.mariadb.run(
                "RENAME TABLE virtual_aliases TO next, away TO virtual_aliases;"
                "RENAME TABLE virtual_aliases TO away; DO SLEEP(0.01);"
                "RENAME TABLE next TO virtual_aliases"
            )
        self.wait_for_lookup(ALIASES, "swapped@example.org", found("user@example.org"))
        self.assert_nothing_was_broken()


class LsnBrokenMapTest(BrokenMaps, LsnCase):
    def test_redefined_map_waits(self):
        # Its new definition may lack what is moving into the broken one.
        self.mariadb.run("DROP VIEW rewritten")
        self.wait_until_broken(_CANONICAL, "(1146)")
        path = self.site.map_files[MAILBOXES]
        path.write_text(path.read_text().replace("SELECT 1", "SELECT 2"))
        self.site.sync.reload()
        self.assert_lookup(MAILBOXES, "user@example.org", found("1"))
        self.wait_for_map(MAILBOXES, state="filled")
        self.mariadb.run(_VIEW)
        self.wait_for_lookup(MAILBOXES, "user@example.org", found("2"))


class BinlogBrokenMapTest(BrokenMaps, BinlogCase):
    pass


class LsnMomentTest(TablesAwayForAMoment, LsnCase):
    pass


class BinlogMomentTest(TablesAwayForAMoment, BinlogCase):
    pass


if __name__ == "__main__":
    unittest.main()
