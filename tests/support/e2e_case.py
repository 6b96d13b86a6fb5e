"""The fixture of the end-to-end tests: one MariaDB with mail users in it, one
postmirror, on demand one Postfix. The tests of a program share MariaDB, which is
cleared before each; all the rest is fresh for each test, and gone after it.

The rows: example.org with mailboxes and aliases, catchall.test with a catch-all,
doomed.test with one of each, and enough aliases that a single change is small.
"""

import itertools
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

from support import shared_mariadb
from support.lmtp_sink import LmtpSink
from support.mariadb import binlog_grants_sql, schema_sql
from support.postfix import Postfix
from support.site import ALIASES, DOMAINS, MAILBOXES, PROTOCOLS, Site
from support.waiting import wait_until

FILLERS = 40

_ROWS = """
INSERT INTO virtual_domains (id, name) VALUES
  (1, 'example.org'), (2, 'catchall.test'), (3, 'doomed.test');
INSERT INTO virtual_mailboxes (domain_id, email, password) VALUES
  (1, 'user@example.org', ''), (1, 'Mixed@Example.org', ''),
  (3, 'box@doomed.test', '');
INSERT INTO virtual_aliases (domain_id, source, destination) VALUES
  (1, 'info@example.org', 'user@example.org'),
  (1, 'info@example.org', 'elsewhere@remote.invalid'),
  (2, '@catchall.test', 'user@example.org'),
  (3, 'alias@doomed.test', 'user@example.org');
INSERT INTO virtual_aliases (domain_id, source, destination)
  SELECT 1, CONCAT('filler', seq, '@example.org'), 'user@example.org'
  FROM seq_1_to_{fillers};
"""


class E2eCase(unittest.TestCase):
    """self.mariadb runs with the rows; self.site is written, nothing of it runs."""

    # Further lines of postmirror.cf, and further maps as Site takes them.
    settings = {}
    maps = {}
    # Further options of MariaDB, such as BINLOG_OPTIONS; with any of them sync may
    # read the binlog.
    server_options = ()
    sees_filter = True  # and which databases the binlog lacks

    def run(self, result=None):
        self._result = self.defaultTestResult() if result is None else result
        return super().run(self._result)

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="postmirror-e2e-"))
        # Servers run as users of their own.
        os.chmod(self.folder, 0o755)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.start_mariadb()
        port, *further_ports = self.mariadb_ports()
        self.site = Site(
            self.folder / "site",
            port,
            self.settings,
            queue_folder=self.folder / "postfix" / "spool",
            maps=self.maps,
            further_ports=further_ports,
            hosts=self.mariadb_hosts(),
        )
        self.addCleanup(self._report)
        self.addCleanup(self.site.close)

    def start_mariadb(self):
        """Takes self.mariadb, which runs with the rows in it and nothing else."""
        self.mariadb = shared_mariadb.take(self.server_options)
        self.addCleanup(shared_mariadb.give_back, self.mariadb)
        self.fill_mariadb()

    def fill_mariadb(self):
        """Makes the tables, the rows and the account of sync in self.mariadb."""
        grants = ""
        if self.server_options:
            grants = binlog_grants_sql(self.sees_filter)
        rows = _ROWS.format(fillers=FILLERS)
        self.mariadb.run(schema_sql() + grants + rows, database=None)

    def spoil(self):
        """The test leaves more in self.mariadb than clear() takes back, such as a SET
        GLOBAL: the next one gets a new server."""
        self.addCleanup(shared_mariadb.discard, self.mariadb)

    def mariadb_ports(self):
        """Returns the ports that the map files name, in this order."""
        return [self.mariadb.port]

    def mariadb_hosts(self):
        """Returns what the map files name, if it is not those ports."""

    def start_postmirror(self):
        """Starts sync and proxy, and waits until lookups have answers."""
        self.site.sync.start()
        self.site.start_proxy()
        self.wait_until_answering()

    def start_postfix(self, parameters, name="postfix"):
        """Starts a Postfix with these lines in its main.cf, and returns it.

        The queue folder that holds the unix socket belongs to the one that is
        named "postfix".
        """
        sink = LmtpSink()
        self.addCleanup(sink.close)
        postfix = Postfix(self.folder / name, sink, parameters)
        self.addCleanup(postfix.close)
        postfix.start()
        return postfix

    def lookup(self, parameter, key, protocol="socketmap-unix"):
        """Returns the Outcome over one protocol."""
        return self.site.lookup(protocol, parameter, key)

    def assert_lookup(self, parameter, key, outcome):
        """Every protocol has this outcome for the key."""
        for protocol in PROTOCOLS:
            with self.subTest(protocol=protocol, parameter=parameter, key=key):
                self.assertEqual(self.lookup(parameter, key, protocol), outcome)

    def assert_lookups(self, expected):
        """Every protocol has these outcomes, none of them temporary: a list of
        parameter, key and outcome, each key once."""
        for protocol, name in itertools.product(PROTOCOLS, self.site.map_files):
            outcomes = {
                key: outcome
                for parameter, key, outcome in expected
                if parameter == name
            }
            if not outcomes:
                continue
            with self.subTest(protocol=protocol, parameter=name):
                self.assertEqual(self.site.lookups(protocol, name, outcomes), outcomes)

    def wait_for_lookup(self, parameter, key, outcome, seconds=20):
        """Waits until the key has this outcome over every protocol."""

        def outcomes(ask):
            return [ask(each, parameter, key) for each in PROTOCOLS]

        def is_reached():
            # The proxy itself first: Postfix's client takes its time.
            return all(
                set(outcomes(ask)) == {outcome}
                for ask in (self.site.ask_proxy, self.site.lookup)
            )

        wait_until(
            is_reached,
            seconds,
            lambda: f"{parameter} {key} is {outcome}, but"
            f" {[str(each) for each in outcomes(self.site.lookup)]}",
        )

    def wait_until_answering(self):
        """Waits until the proxy answers each parameter from the store."""
        for parameter in (DOMAINS, MAILBOXES, ALIASES):
            wait_until(
                lambda: all(
                    self.lookup(parameter, "any@any.test", each).kind != "temporary"
                    for each in PROTOCOLS
                ),
                20,
                lambda: f"the proxy answers {parameter}:\n{self.site.logs()}",
            )

    def _report(self):
        # The folder is about to go; what the daemons said tells why a test failed.
        failed = (test for test, _ in self._result.failures + self._result.errors)
        if any(getattr(test, "test_case", test) is self for test in failed):
            print(f"\n--- {self.id()}\n{self.site.logs()}---", file=sys.stderr)
            self.spoil()
