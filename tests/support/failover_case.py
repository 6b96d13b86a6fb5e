"""The fixture for faults of MariaDB. Whatever happens to the server, every lookup has
the answer that it had; afterwards the same processes follow the database again, and
sync's log has said once that it broke and once that it healed.

A test is written as a class without a fixture, and runs with each change source:

    class Faults:
        def test_kill(self):
            self.mariadb.kill()
            self.wait_until_down()
            self.mariadb.start()
            self.assert_recovers()

    class LsnTest(Faults, LsnCase): ...
    class BinlogTest(Faults, BinlogCase): ...
"""

import json
import subprocess

from support.asker import Asker
from support.e2e_case import E2eCase
from support.mariadb import BINLOG_OPTIONS, DATABASE, USER
from support.postmap import NOT_FOUND, found
from support.site import MAILBOXES
from support.waiting import wait_until

# The account by which sync reaches MariaDB.
ACCOUNT = f"'{USER}'@'127.0.0.1'"

_DOWN = "; lookups are answered from what the store has, trying again"
_UP = ": is read again"
# How soon a change is visible while nothing is broken, on a busy machine.
_VISIBLE_SECONDS = 5


class FailoverCase(E2eCase):
    """postmirror runs and self.asker asks. A class says what the change source is."""

    source = None

    def setUp(self):
        super().setUp()
        self.before_postmirror()
        self.start_postmirror()
        self.wait_for_source(self.source)
        self._pids = (self.site.sync.pid, self.site.proxy.pid)
        self._changes = 0
        self.asker = Asker(self.site)
        self.addCleanup(self.asker.close)

    def before_postmirror(self):
        """What else is done before the daemons start."""

    def run_for_account(self, sql):
        """Runs a statement as root that names sync's account as {account}."""
        self.mariadb.run(sql.format(account=ACCOUNT))

    def set_password(self, password):
        """Gives sync's account another password than the map files have."""
        self.run_for_account(f"SET PASSWORD FOR {{account}} = PASSWORD('{password}')")

    def kill_connections(self):
        """Ends every connection of sync's."""
        self.mariadb.run(f"KILL USER {USER}")

    def status(self):
        """Returns what status says of the one server; nothing before sync has."""
        return next(iter(self.status_of_all()["servers"]), {})

    def status_of_all(self):
        """Returns what status says."""
        return json.loads(self.site.ctl("status", "--json").stdout)

    def wait_for_status(self, name, text, seconds=20):
        """Waits until status says the text of the server under this name."""
        wait_until(
            lambda: text in self.status().get(name, ""),
            seconds,
            lambda: f"{name} has {text!r}: {self.status()}\n{self.site.logs()}",
        )

    def map_status(self, parameter):
        """Returns what status says of the first map of a parameter."""
        path = str(self.site.map_files[parameter])
        maps = self.status_of_all()["maps"]
        return next((each for each in maps if each["name"] == path), {})

    def wait_for_map(self, parameter, **fields):
        """Waits until status says this of the map; a text is there in part."""

        def is_so(said, wanted):
            return wanted in said if isinstance(wanted, str) else wanted == said

        def reached():
            status = self.map_status(parameter)
            return status and all(
                is_so(status.get(name), wanted) for name, wanted in fields.items()
            )

        wait_until(
            reached,
            30,
            lambda: f"{fields}: {self.map_status(parameter)}\n{self.site.logs()}",
        )

    def wait_until_broken(self, parameter, error):
        """Waits until status says that the map is, by an error with this text."""
        self.wait_for_map(parameter, state="broken", broken=error)

    def wait_until_mended(self, parameter):
        """Waits until the map is read again, and the log has said so."""
        self.wait_for_map(parameter, state="filled")
        path = self.site.map_files[parameter]
        self.site.sync.wait_for_log(f"map {path}: can be read again")

    def wait_for_health(self, health):
        wait_until(
            lambda: self.status_of_all()["health"] == health,
            30,
            lambda: f"health is {health}: {self.status_of_all()}\n{self.site.logs()}",
        )

    def wait_until_read_in_vain(self, tries=2):
        """Waits until sync has asked once more what its tables are, so many times."""

        def asked():
            ((_, count),) = self.mariadb.run(
                "SHOW GLOBAL STATUS LIKE 'Com_show_keys'", database=None
            )
            return int(count)

        # A map that is missing ends the questions of itself alone.
        enough = asked() + tries * len(self.site.map_files)
        wait_until(lambda: asked() >= enough, 20, lambda: self.site.logs())

    def dump_database(self):
        """Returns the database as SQL: a DROP TABLE, CREATE TABLE, INSERT for each."""
        command = ["mariadb-dump", "--no-defaults", "--user=root"]
        command += [f"--socket={self.mariadb.socket}", DATABASE]
        return subprocess.run(
            command, capture_output=True, text=True, check=True
        ).stdout

    def wait_for_source(self, source):
        """Waits until changes are found in this way."""
        self.wait_for_status("change_source", source)

    def count_in_log(self, text):
        """Returns how many lines of sync's log have the text."""
        return sum(text in line for line in self.site.sync.log().splitlines())

    def outages(self):
        """Returns how often sync has said that it broke, and that it healed."""
        return self.count_in_log(_DOWN), self.count_in_log(_UP)

    def wait_until_down(self, outages=1):
        """Waits until sync has said so, after this many outages."""
        self._wait_for_outages(outages, lambda down, up: down >= outages)

    def assert_recovers(self, outages=1):
        """Sync follows again, and so many outages are all that there was."""
        self._wait_for_outages(outages, lambda down, up: up >= outages)
        self.assert_follows()
        self.assertEqual(self.outages(), (outages, outages), self.site.logs())

    def assert_unbroken(self):
        """Sync follows, and there was no outage at all."""
        self.assert_follows()
        self.assertEqual(self.outages(), (0, 0), self.site.logs())

    def assert_follows(self, server=None):
        """A change of the server (default: self.mariadb) becomes visible, no other
        answer has changed, and no process was started anew."""
        self._changes += 1
        key = f"change{self._changes}@example.org"
        self.assert_lookup(MAILBOXES, key, NOT_FOUND)
        self.insert_mailbox(key, server)
        self.wait_for_lookup(MAILBOXES, key, found("1"), _VISIBLE_SECONDS)
        self.asker.assert_unshaken()
        self.assertEqual((self.site.sync.pid, self.site.proxy.pid), self._pids)

    def insert_mailbox(self, address, server=None):
        (server or self.mariadb).run(
            "INSERT INTO virtual_mailboxes (domain_id, email, password)"
            f" VALUES (1, '{address}', '')"
        )

    def _wait_for_outages(self, outages, reached):
        wait_until(
            lambda: self.site.sync.pid and reached(*self.outages()),
            20,
            lambda: f"{outages} outages are said, "
            f"but {self.outages()}: {self.status()}\n{self.site.logs()}",
        )


class LsnCase(FailoverCase):
    """Changes are found by the LSN; MariaDB is as Debian sets it up."""

    source = "lsn"
    # A reconcile would hide that a change was not found.
    settings = {"reconcile_interval": "1h", "change_source": "lsn"}


class BinlogCase(FailoverCase):
    """Changes are found in the binary log."""

    source = "binlog"
    settings = {"reconcile_interval": "1h", "change_source": "binlog"}
    server_options = BINLOG_OPTIONS


class AutoCase(BinlogCase):
    """The binary log is there, and sync may do without."""

    settings = {"reconcile_interval": "1h", "change_source": "auto"}
