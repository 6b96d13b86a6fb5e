"""The fixture of the tests that the store follows the database exactly: whatever is
done to the tables, soon every entry of every map is what the tables say, and there
is no other entry.

The tests of a class share the tables and the running daemons, each with
rows of its own, until one spoils them: the next one gets all of it anew, and if it
failed another MariaDB, too. The next reconcile is an hour away, so that nothing but
the change source explains equality.
"""

import dataclasses
import itertools
import json
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

from support import shared_mariadb
from support.mariadb import DATABASE, USER, binlog_grants_sql, schema_sql
from support.postmap import NOT_FOUND, found
from support.site import ALIASES, DOMAINS, MAILBOXES, MapFile, Site
from support.socketmap import SocketmapClient
from support.sql_session import SqlSession
from support.waiting import wait_until

EXTRAS = "virtual_alias_domains"
# Long after what is promised, which other tests hold sync to: a collation that is new
# to it takes seconds.
_SECONDS = 30


@dataclasses.dataclass(frozen=True)
class Mirrored:
    """A map over one table whose primary key is id. The key column is asked in small
    letters of ASCII only, for other tests prove how keys compare."""

    parameter: str
    table: str
    key: str
    value: str

    @property
    def map_file(self):
        query = f"SELECT {self.value} FROM {self.table} WHERE {self.key}='%s'"
        return MapFile(self.table, query)

    @property
    def rows(self):
        return f"SELECT {self.key}, {self.value} FROM {self.table} ORDER BY id"


GUIDE = (
    Mirrored(DOMAINS, "virtual_domains", "name", "id"),
    Mirrored(MAILBOXES, "virtual_mailboxes", "email", "domain_id"),
    Mirrored(ALIASES, "virtual_aliases", "source", "destination"),
)

# A table without foreign keys, whose shape a test may change.
EXTRAS_SHAPE = (
    "(id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(100), value VARCHAR(100),"
    " note VARCHAR(100), KEY (name)) ENGINE=InnoDB CHARACTER SET utf8mb4"
)
PLAIN = (*GUIDE, Mirrored(EXTRAS, "extras", "name", "value"))

# Rows that stay, so that no map is ever emptied.
_STANDING_ROWS = f"""
CREATE TABLE extras {EXTRAS_SHAPE};
INSERT INTO extras (name, value) VALUES ('standing.test', 'stays');
INSERT INTO virtual_domains (id, name) VALUES (1, 'standing.test');
INSERT INTO virtual_mailboxes (domain_id, email, password)
  VALUES (1, 'box@standing.test', '');
INSERT INTO virtual_aliases (domain_id, source, destination)
  VALUES (1, 'alias@standing.test', 'box@standing.test');
"""

_ROWS = """
BEGIN;
INSERT INTO virtual_domains (id, name) VALUES ({id}, '{name}');
INSERT INTO virtual_mailboxes (domain_id, email, password)
  SELECT {id}, CONCAT('box', seq, '@{name}'), '' FROM seq_1_to_5;
INSERT INTO virtual_aliases (domain_id, source, destination)
  SELECT {id}, CONCAT('alias', seq, '@{name}'), CONCAT('box', seq, '@{name}')
  FROM seq_1_to_5;
INSERT INTO extras (name, value) SELECT CONCAT('extra', seq, '.{name}'), seq
  FROM seq_1_to_5;
COMMIT;
"""


class FollowCase(unittest.TestCase):
    """self.domain_id and self.name are a domain of the test's own, with mailboxes
    box1 to box5, aliases alias1 to alias5, and extra1.NAME to extra5.NAME in the
    table extras."""

    source = "lsn"  # of changes
    server_options = ()
    settings = {}
    maps = PLAIN
    tables = ""  # further SQL that makes and fills them
    counts_entries = True  # what a test leaves is still followed at its end
    is_untold = False  # the change source cannot know of what is changed

    # What has been made for the class.
    mariadb = site = client = reader = None
    is_spoiled = False
    has_failed = False  # whatever may be left in MariaDB

    def run(self, result=None):
        self._result = self.defaultTestResult() if result is None else result
        return super().run(self._result)

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="postmirror-e2e-"))
        # MariaDB runs as a user of its own.
        os.chmod(cls.folder, 0o755)
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls._numbers = itertools.count(1)
        cls.addClassCleanup(cls.leave_mariadb)
        cls.addClassCleanup(cls.end_daemons)
        cls.start_anew()

    @classmethod
    def start_anew(cls):
        """Makes database, store and daemons anew; after a failure MariaDB, too."""
        cls.end_daemons()
        if cls.has_failed:
            cls.leave_mariadb()
        if cls.mariadb is None:
            cls.mariadb = shared_mariadb.take(cls.server_options)
        cls.has_failed = True  # until all of it is made
        grants = "".join(
            f"GRANT SELECT, SHOW VIEW ON {DATABASE}.* TO '{USER}'@'{host}';"
            for host in ("127.0.0.1", "localhost")
        )
        if cls.server_options:
            grants += binlog_grants_sql()
        cls.mariadb.run(
            f"DROP DATABASE IF EXISTS {DATABASE};"
            f"{schema_sql()}{grants}{_STANDING_ROWS}{cls.tables}",
            database=None,
        )
        cls.site = Site(
            cls.folder / f"site-{next(cls._numbers)}",
            cls.mariadb.port,
            {
                "change_source": cls.source,
                "reconcile_interval": "1h",
                "max_shrink": "100%",
                **cls.settings,
            },
            maps={each.parameter: [each.map_file] for each in cls.maps},
        )
        cls.site.sync.start()
        cls.site.start_proxy()
        cls.client = SocketmapClient(cls.site.unix_socket)
        cls.reader = SqlSession(cls.mariadb)
        cls.is_spoiled = cls.has_failed = False

    @classmethod
    def leave_mariadb(cls):
        """Leaves MariaDB to the next class, unless a test has failed: what that left,
        such as a prepared transaction, clear() may not take back."""
        if cls.mariadb is not None:
            if cls.has_failed:
                shared_mariadb.discard(cls.mariadb)
            shared_mariadb.give_back(cls.mariadb)
        cls.mariadb = None

    @classmethod
    def end_daemons(cls):
        for each in (cls.reader, cls.client, cls.site):
            if each is not None:
                each.close()
        cls.site = cls.client = cls.reader = None

    @classmethod
    def reconnect_reader(cls):
        """Connects to a MariaDB that was started again."""
        cls.reader.close()
        cls.reader = SqlSession(cls.mariadb)

    def setUp(self):
        if self.is_spoiled:
            self.start_anew()
        self.addCleanup(self._look_back)
        # Every key that was expected at any moment of the test.
        self.asked = {each.parameter: {"unknown@unknown.test"} for each in self.maps}
        self.domain_id = 1000 * next(self._numbers)
        self.name = f"t{self.domain_id}.test"
        self.sql(_ROWS.format(id=self.domain_id, name=self.name))
        self.assert_follows()

    def spoil(self):
        """The test changes more than rows of its own: the next one starts anew."""
        type(self).is_spoiled = True

    def sql(self, text):
        return self.mariadb.run(self.filled(text))

    def filled(self, text):
        """Returns the text with <id> and <name> as the test's domain."""
        return text.replace("<id>", str(self.domain_id)).replace("<name>", self.name)

    def session(self):
        session = SqlSession(self.mariadb)
        self.addCleanup(session.close)
        return session

    def change(self, text, run=None):
        """Runs statements that change what the maps must answer, and waits until
        they answer it. `run` may be the one of a session."""
        before = self.expected()
        (run or self.mariadb.run)(self.filled(text))
        self.assertTrue(self.expected() != before, f"changes an answer: {text}")
        self.assert_follows()

    def keep(self, text, run=None):
        """Runs statements that change no answer; with a further change behind them,
        which shows that sync is past them."""
        before = self.expected()
        (run or self.mariadb.run)(self.filled(text))
        self.assertTrue(self.expected() == before, f"changes no answer: {text}")
        number = next(self._numbers)
        self.change(f"INSERT INTO extras (name, value) VALUES ('behind{number}', 'x')")

    def expected(self):
        """Returns what each parameter answers, by parameter and key."""
        answers = {}
        for each in self.maps:
            values = answers.setdefault(each.parameter, {})
            for key, value in self.reader.run(each.rows):
                if value not in ("", "NULL"):
                    values.setdefault(key, []).append(value)
        return {
            parameter: {key: found(",".join(each)) for key, each in values.items()}
            for parameter, values in answers.items()
        }

    def assert_follows(self, seconds=_SECONDS):
        """Waits until the whole store is what the database is now."""
        expected = self.expected()
        wait_until(
            lambda: not self.difference(expected),
            seconds,
            lambda: f"the store follows, but {self.difference(expected)}",
        )

    def difference(self, expected):
        """Returns in what the store is not as expected; empty if it is."""
        for parameter, answers in expected.items():
            self.asked[parameter].update(answers)
            outcomes = self.client.ask(parameter, sorted(self.asked[parameter]))
            wrong = [
                f"{parameter} {key}: {outcome}, not {answers.get(key, NOT_FOUND)}"
                for key, outcome in outcomes.items()
                if outcome != answers.get(key, NOT_FOUND)
            ]
            if wrong:
                return f"{len(wrong)} answers differ: {wrong[:5]}"
        return self._status_difference()

    def _entries_difference(self, expected):
        """Whether anything else is there is counted, once for a test."""
        maps = {each["name"]: each for each in self._status()["maps"]}
        for parameter, answers in expected.items():
            entry = maps[str(self.site.map_files[parameter])]
            if entry["entries"] != len(answers):
                return f"{parameter} has {len(answers)} keys: {entry}"
        return ""

    def _status(self):
        return json.loads(self.site.ctl("status", "--json").stdout)

    def _status_difference(self):
        status = self._status()
        for each in status["maps"]:
            if each["held_removals"]:
                return f"a map is held: {each}"
        (server,) = status["servers"]
        if server["change_source"] != self.source or server["error"]:
            return f"server: {server}"
        return ""

    def _look_back(self):
        failed = (test for test, _ in self._result.failures + self._result.errors)
        if any(getattr(test, "test_case", test) is self for test in failed):
            print(f"\n--- {self.id()}\n{self.site.logs()}---", file=sys.stderr)
            self.spoil()
            type(self).has_failed = True
            return
        if not self.is_untold:
            self.assertNotIn("told of nothing", self.site.sync.log())
        # A store that is set aside and filled anew would hide what went wrong.
        self.assertNotIn("is damaged", self.site.sync.log())
        if self.counts_entries:
            expected = self.expected()
            wait_until(
                lambda: not self._entries_difference(expected),
                _SECONDS,
                lambda: f"nothing else is there: {self._entries_difference(expected)}",
            )
