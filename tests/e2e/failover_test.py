"""MariaDB stops, crashes, freezes, loses its tables or is replaced: lookups go on, and
postmirror follows it again, without a restart."""

import contextlib
import json
import subprocess
import unittest

from support import mariadb_template
from support.failover_case import BinlogCase, LsnCase
from support.mariadb import DATABASE, MariaDb
from support.postmap import NOT_FOUND, found
from support.site import ALIASES, MAILBOXES
from support.sql_session import SqlSession
from support.waiting import wait_until

_CRITICAL = 2  # the exit status of `postmirrorctl status`


class ServerFaults:
    """The server as a process."""

    def test_restart(self):
        self.mariadb.stop()
        self.wait_until_down()
        self.mariadb.start()
        self.assert_recovers()

    def test_kill(self):
        self.mariadb.kill()
        self.wait_until_down()
        self.mariadb.start()
        self.assert_recovers()

    def test_change_while_sync_tries_again(self):
        # What was changed before sync has its connection back is not missed.
        self.mariadb.kill()
        self.wait_until_down()
        self.site.sync.freeze()
        self.mariadb.start()
        self.insert_mailbox("early@example.org")
        self.site.sync.thaw()
        self.wait_for_lookup(MAILBOXES, "early@example.org", found("1"))
        self.assert_recovers()

    def test_freeze(self):
        self.mariadb.freeze()
        self.wait_until_down()
        self.mariadb.thaw()
        self.assert_recovers()

    def test_freeze_in_a_read(self):
        # Locked tables are read, but only when the lock has gone.
        with contextlib.closing(SqlSession(self.mariadb)) as session:
            session.run("LOCK TABLES virtual_aliases WRITE")
            self.insert_mailbox("locked@example.org")
            self.mariadb.freeze()
            self.wait_until_down()
            self.mariadb.thaw()
        self.wait_for_lookup(MAILBOXES, "locked@example.org", found("1"))
        self.assert_recovers()

    def test_two_outages(self):
        for outage in (1, 2):
            self.mariadb.kill()
            self.wait_until_down(outage)
            self.mariadb.start()
            self.assert_recovers(outage)


class TableFaults:
    """What a SELECT meets that cannot be answered."""

    def test_table_renamed_away(self):
        self.mariadb.run("RENAME TABLE virtual_aliases TO away")
        self.wait_until_broken(ALIASES, "(1146)")
        self.mariadb.run("RENAME TABLE away TO virtual_aliases")
        self.wait_until_mended(ALIASES)
        self.assert_unbroken()

    def test_table_dropped_and_made_again(self):
        self.mariadb.run(
            "CREATE TABLE saved AS SELECT * FROM virtual_aliases;"
            "CREATE TABLE form LIKE virtual_aliases;"
            "DROP TABLE virtual_aliases"
        )
        self.wait_until_broken(ALIASES, "(1146)")
        # It is read while it is empty, or afterwards: the guard holds it, or not.
        self.mariadb.run("RENAME TABLE form TO virtual_aliases")
        self.mariadb.run("INSERT INTO virtual_aliases SELECT * FROM saved")
        self.wait_until_mended(ALIASES)
        self.assert_unbroken()
        self.wait_for_health("ok")

    def test_database_dropped_and_restored(self):
        dump = self.dump_database()
        self.mariadb.run(f"DROP DATABASE {DATABASE}", database=None)
        self.wait_until_down()
        self.mariadb.run(f"CREATE DATABASE {DATABASE}", database=None)
        self.mariadb.run(dump)
        self.assert_recovers()
        self.wait_for_health("ok")


class ReplacedServer:
    """Another server's data on the same port."""

    def before_postmirror(self):
        """Keeps an older copy: filler40@ has another destination, late@ is not there
        yet."""
        self.spoil()
        self.mariadb.stop()
        self.older = self.folder / "older"
        subprocess.run(["cp", "-a", self.mariadb.datadir, self.older], check=True)
        self.mariadb.start()
        self.insert_mailbox("late@example.org")
        self.mariadb.run(
            "UPDATE virtual_aliases SET destination = 'later@example.org'"
            " WHERE source = 'filler40@example.org'"
        )

    def replace_data(self, place_data):
        """Kills the server, moves its data away, and starts it on other data. Returns
        the folder that has the data."""
        self.mariadb.kill()
        self.wait_until_down()
        away = self.folder / "away"
        self.mariadb.datadir.rename(away)
        place_data(self.mariadb.datadir)
        self.mariadb.start()
        return away

    def put_data_back(self, folder):
        self.mariadb.kill()
        self.mariadb.datadir.rename(self.folder / "of-no-use")
        folder.rename(self.mariadb.datadir)
        self.mariadb.start()

    def empty_tables(self):
        """Returns a data folder with the tables and the account, but no row."""
        server = MariaDb(self.folder / "empty", self.server_options)
        self.addCleanup(server.close)
        server.start()
        server.load_schema()
        if self.server_options:
            server.grant_binlog()
        server.stop()
        return server.datadir

    def test_older_copy_is_followed(self):
        self.assert_lookup(MAILBOXES, "late@example.org", found("1"))
        self.replace_data(self.older.rename)
        self.wait_for_lookup(MAILBOXES, "late@example.org", NOT_FOUND)
        self.wait_for_lookup(
            ALIASES, "filler40@example.org", found("user@example.org")
        )
        self.assert_recovers()

    def test_empty_server_without_the_account(self):
        self.asker.also(MAILBOXES, "late@example.org", found("1"))
        away = self.replace_data(mariadb_template.copy_to)
        # It was unreachable before; now it is there and does not know sync.
        self.wait_for_status("error", "denied")
        self.put_data_back(away)
        self.assert_recovers()

    def test_empty_tables_are_held(self):
        self.asker.also(MAILBOXES, "late@example.org", found("1"))
        away = self.replace_data(self.empty_tables().rename)
        held = wait_until(
            self.held_status,
            20,
            lambda: f"every map is held: {self.site.ctl('status')}",
        )
        self.assertIn("is held", held["summary"])
        # What is new to the store is applied all the same.
        self.mariadb.run(
            "SET foreign_key_checks = 0;"
            "INSERT INTO virtual_aliases (domain_id, source, destination)"
            " VALUES (1, 'new@example.org', 'user@example.org')"
        )
        self.wait_for_lookup(ALIASES, "new@example.org", found("user@example.org"))
        self.assertEqual(self.outages(), (1, 1), self.site.logs())
        self.put_data_back(away)
        self.wait_for_lookup(ALIASES, "new@example.org", NOT_FOUND)
        self.assert_recovers(2)
        self.assertEqual(self.site.ctl("status").returncode, 0)

    def held_status(self):
        result = self.site.ctl("status", "--json")
        status = json.loads(result.stdout)
        all_held = all(each["state"] == "held" for each in status["maps"])
        return result.returncode == _CRITICAL and all_held and status


class LsnServerFaultTest(ServerFaults, LsnCase):
    pass


class LsnTableFaultTest(TableFaults, LsnCase):
    pass


class LsnReplacedServerTest(ReplacedServer, LsnCase):
    pass


class BinlogServerFaultTest(ServerFaults, BinlogCase):
    pass


class BinlogTableFaultTest(TableFaults, BinlogCase):
    pass


class BinlogReplacedServerTest(ReplacedServer, BinlogCase):
    pass


if __name__ == "__main__":
    unittest.main()
