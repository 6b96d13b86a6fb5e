"""Four writers at once change the tables at random: when they pause, the store is
soon what the tables are, whole. Also when MariaDB and postmirror-sync are killed
meanwhile. Lookups of what does not change are right at every moment.

POSTMIRROR_SEED sets another seed than a new one; each is printed.
POSTMIRROR_FOLLOW_ROUNDS sets how many rounds there are for each change source.
"""

import os
import random
import unittest

from support.follow_case import GUIDE, FollowCase
from support.lookup_watch import LookupWatch
from support.mariadb import BINLOG_OPTIONS
from support.postmap import found
from support.random_writer import RandomStatements, RandomWriter
from support.site import ALIASES, DOMAINS, MAILBOXES
from support.waiting import wait_until

_ROUNDS = int(os.environ.get("POSTMIRROR_FOLLOW_ROUNDS", 3))
# Each takes seconds, for servers start.
_OUTAGE_ROUNDS = max(1, _ROUNDS // 5)
_WRITERS = 4
_STATEMENTS = 60  # a writer and round
_OUTAGES = 3  # a round
_SECONDS = 20

_KNOWN = {
    (DOMAINS, "standing.test"): found("1"),
    (MAILBOXES, "box@standing.test"): found("1"),
    (ALIASES, "alias@standing.test"): found("box@standing.test"),
}
_UNKNOWN = [
    (DOMAINS, "unknown.test"),
    (MAILBOXES, "unknown@standing.test"),
    (MAILBOXES, "b1@standing.test"),
    (ALIASES, "unknown@standing.test"),
    (ALIASES, "b1@unknown.test"),
]


class _Random:
    """Of FollowCase."""

    maps = GUIDE

    def setUp(self):
        super().setUp()
        self.spoil()
        seed = int(os.environ.get("POSTMIRROR_SEED", random.SystemRandom().getrandbits(32)))
        print(f"seed {seed}", flush=True)
        self.random = random.Random(f"{seed} {self.id()}")

    def start_writers(self, **options):
        writers = []
        for number in range(_WRITERS):
            source = random.Random(self.random.getrandbits(64))
            statements = RandomStatements(source, f"w{number}.test")
            writers.append(RandomWriter(self.mariadb, statements, **options))
            self.addCleanup(writers[-1].close)
        return writers

    def watch(self):
        return LookupWatch(self.site.unix_socket, _KNOWN, _UNKNOWN)

    def assert_right(self, watch):
        self.assertEqual(watch.failures[:5], [])
        self.assertGreater(watch.lookups, 100)

    def test_writers(self):
        writers = self.start_writers()
        with self.watch() as watch:
            for number in range(1, _ROUNDS + 1):
                for writer in writers:
                    writer.start(_STATEMENTS)
                for writer in writers:
                    writer.wait()
                with self.subTest(round=number):
                    self.assert_follows(_SECONDS)
        self.assert_right(watch)

    def test_writers_during_outages(self):
        writers = self.start_writers(outages=True)
        with self.watch() as watch:
            for number in range(1, _OUTAGE_ROUNDS + 1):
                self.run_with_outages(writers)
                with self.subTest(round=number):
                    self.assert_follows(_SECONDS)
        self.assert_right(watch)

    def run_with_outages(self, writers):
        outages = (self.lose_mariadb, self.restart_mariadb, self.lose_sync)
        planned = [self.random.choice(outages) for _ in range(_OUTAGES)]
        for writer in writers:
            writer.start(_STATEMENTS * (_OUTAGES + 1))
        for outage in planned:
            self.wait_for_statements(writers, self.random.randint(1, _STATEMENTS))
            outage(writers)
        for writer in writers:
            writer.wait()

    def wait_for_statements(self, writers, count):
        """Waits until the writers have run so many more."""

        def run_count():
            return sum(writer.run_count for writer in writers)

        target = run_count() + count
        wait_until(
            lambda: run_count() >= target or not any(w.is_running for w in writers),
            60,
            "the writers write",
        )

    def lose_mariadb(self, _):
        self.mariadb.kill()
        self.mariadb.start()
        self.reconnect_reader()

    def restart_mariadb(self, _):
        self.mariadb.stop()
        self.mariadb.start()
        self.reconnect_reader()

    def lose_sync(self, writers):
        self.site.sync.kill()
        self.wait_for_statements(writers, self.random.randint(0, _STATEMENTS))
        self.site.sync.start()


class LsnRandomTest(_Random, FollowCase):
    pass


class BinlogRandomTest(_Random, FollowCase):
    source = "binlog"
    server_options = BINLOG_OPTIONS


if __name__ == "__main__":
    unittest.main()
