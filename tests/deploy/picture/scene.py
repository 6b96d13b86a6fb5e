"""What happens in the picture, and what Prometheus saw of it."""

import contextlib
import dataclasses
import os
import random
import sys
import threading
import time

from load import ALIAS_COUNT, MAIL_DOMAINS, MAILBOX_COUNT, Load, domain
from support import dashboard
from support.mariadb import BINLOG_OPTIONS, MariaDb
from support.ports import free_port
from support.prometheus import Prometheus
from support.site import ALIASES, DOMAINS, MAILBOXES, QUERIES, MapFile, Site
from support.waiting import wait_until

_ROWS = f"""
INSERT INTO virtual_domains (id, name)
  SELECT seq, CONCAT('mail', seq, '.test') FROM seq_1_to_{MAIL_DOMAINS};
INSERT INTO virtual_mailboxes (domain_id, email, password)
  SELECT 1 + seq % {MAIL_DOMAINS},
    CONCAT('box', seq, '@mail', 1 + seq % {MAIL_DOMAINS}, '.test'), ''
  FROM seq_1_to_{MAILBOX_COUNT};
INSERT INTO virtual_aliases (domain_id, source, destination)
  SELECT 1 + seq % {MAIL_DOMAINS},
    CONCAT('alias', seq, '@mail', 1 + seq % {MAIL_DOMAINS}, '.test'),
    CONCAT('box', seq, '@mail', 1 + seq % {MAIL_DOMAINS}, '.test')
  FROM seq_1_to_{ALIAS_COUNT};
"""
_COPY_OF_ALIASES = "CREATE TABLE aliases_before AS SELECT * FROM virtual_aliases"
_RETURN_OF_ALIASES = "INSERT INTO virtual_aliases SELECT * FROM aliases_before"
# By names that are short enough for a legend.
_MAPS = {
    DOMAINS: [MapFile("domains", QUERIES[DOMAINS])],
    MAILBOXES: [MapFile("mailboxes", QUERIES[MAILBOXES])],
    ALIASES: [MapFile("aliases", QUERIES[ALIASES])],
}

_SCRAPE_INTERVAL = "1s"
_RATE_INTERVAL = "5s"
_STEP = 2  # seconds from one point to the next
_WARM_UP_SECONDS = 15  # until rates are rates


@dataclasses.dataclass(frozen=True)
class Span:
    """From one second of the picture to another."""

    what: str
    begin: float
    end: float


@dataclasses.dataclass(frozen=True)
class Recording:
    seconds: float
    spans: list
    lines: dict  # by panel: lists of (legend, [(second, value)])


class Scene:
    """Everything runs in `folder`, which is the caller's to remove."""

    def __init__(self, folder, stack):
        os.chmod(folder, 0o755)  # servers run as users of their own
        self._mariadb = MariaDb(folder / "mariadb", BINLOG_OPTIONS)
        stack.callback(self._mariadb.close)
        self._mariadb.start()
        self._mariadb.load_schema()
        self._mariadb.grant_binlog()
        self._mariadb.run(_ROWS)
        sync, proxy = (f"127.0.0.1:{free_port()}" for _ in range(2))
        self._site = Site(
            folder / "site",
            self._mariadb.port,
            {"sync_metrics_listen": sync, "proxy_metrics_listen": proxy},
            maps=_MAPS,
        )
        stack.callback(self._site.close)
        self._prometheus = Prometheus(
            folder / "prometheus", sync, proxy, _SCRAPE_INTERVAL
        )
        stack.callback(self._prometheus.close)
        self._start_daemons()
        load = Load(self._site)
        stack.callback(load.close)
        self._prometheus.start()
        self._chance = random.Random(1)
        self._pause = threading.Event()
        self._pause.wait(_WARM_UP_SECONDS)
        self._begin = time.time()

    def play(self):
        """Lets it all happen; returns the Recording."""
        self._follow_until(45)
        self._say("MariaDB is killed")
        self._mariadb.kill()
        down = self._now()
        self._wait_until(105)
        self._mariadb.start()
        up = self._now()
        self._say("MariaDB is back")
        self._follow_until(145)
        self._say("virtual_aliases is emptied")
        self._mariadb.run(f"{_COPY_OF_ALIASES}; TRUNCATE virtual_aliases")
        emptied = self._now()
        self._follow_until(190, aliases=False)
        self._say("the rows are back")
        self._mariadb.run(_RETURN_OF_ALIASES)
        filled = self._now()
        self._follow_until(230)
        spans = [
            Span("MariaDB is down", down, up),
            Span("a table is emptied by accident: the guard holds it", emptied, filled),
        ]
        return Recording(self._now(), spans, self._lines())

    def _start_daemons(self):
        self._site.sync.start()
        self._site.wait_until_filled()
        self._site.start_proxy()

    def _now(self):
        return time.time() - self._begin

    def _say(self, what):
        print(f"{self._now():.0f} s: {what}", file=sys.stderr)

    def _wait_until(self, second):
        self._pause.wait(max(0, second - self._now()))

    def _follow_until(self, second, aliases=True):
        """Changes rows as administrators do, until then."""
        while self._now() < second:
            self._mariadb.run(self._some_change(aliases))
            self._pause.wait(self._chance.uniform(0.05, 0.6))

    def _some_change(self, aliases):
        number = self._chance.randint(1, ALIAS_COUNT)
        where = domain(number)
        kind = self._chance.random()
        if kind < 0.3 and aliases:
            return (
                f"UPDATE virtual_aliases SET destination = 'box{number + 1}@{where}'"
                f" WHERE source = 'alias{number}@{where}'"
            )
        if kind < 0.5:
            return (
                "DELETE FROM virtual_mailboxes"
                f" WHERE email = 'box{ALIAS_COUNT + number}@{where}'"
            )
        return (
            "INSERT INTO virtual_mailboxes (domain_id, email, password)"
            f" VALUES ({1 + number % MAIL_DOMAINS}, 'new{time.time_ns()}@{where}', '')"
        )

    def _lines(self):
        """Returns what each panel of the dashboard has shown."""
        values = {}
        for each in dashboard.variables():
            series = dashboard.Query(each.series, "").expression(values, "")
            values[each.name] = self._prometheus.label_values(series, each.label)
        end = time.time()
        return {
            panel.title: [
                (query.name(series.labels), self._since_begin(series.points))
                for query in panel.queries
                for series in self._prometheus.query_range(
                    query.expression(values, _RATE_INTERVAL), self._begin, end, _STEP
                )
            ]
            for panel in dashboard.panels()
        }

    def _since_begin(self, points):
        return [(point - self._begin, value) for point, value in points]


def play(folder):
    """Plays the scene in a folder; returns the Recording."""
    with contextlib.ExitStack() as stack:
        return Scene(folder, stack).play()
