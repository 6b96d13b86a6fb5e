"""deploy/prometheus and deploy/grafana: the rules do what they say, and rules and
dashboard ask for what the daemons have."""

import itertools
import re
import unittest

from support import dashboard
from support.asker import Asker
from support.e2e_case import E2eCase
from support.mariadb import BINLOG_OPTIONS
from support.ports import free_port
from support.postmap import found
from support.prometheus import (
    CONFIG,
    RULES,
    RULES_TEST,
    Prometheus,
    get,
    promtool,
)
from support.site import ALIASES, DOMAINS, MAILBOXES
from support.waiting import wait_until

# Metrics that neither dashboard nor rules need, each with the reason.
_UNUSED = {}
_RATE_INTERVAL = "4s"
_METRIC = re.compile(r"\bpostmirror_(?:sync|proxy)_\w+")
_SELECTOR = re.compile(r"\b(postmirror_\w+)\{([^}]*)\}")
_MATCHER = re.compile(r'(\w+)(=~|=)"([^"]*)"')


def asked_in(text):
    """Returns the names of our metrics that stand in a text."""
    return {re.sub("_bucket$", "", name) for name in _METRIC.findall(text)}


class RulesTest(unittest.TestCase):
    def assert_succeeds(self, *arguments):
        result = promtool(*arguments)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_promtool_checks_the_rules(self):
        self.assert_succeeds("check", "rules", "--lint=all", "--lint-fatal", RULES)

    def test_promtool_checks_the_configuration(self):
        self.assert_succeeds("check", "config", CONFIG)

    def test_unit_tests_pass(self):
        self.assert_succeeds("test", "rules", RULES_TEST)

    def test_unit_tests_have_each_alert_fire_and_not_fire(self):
        alerts = re.findall(r"- alert: (\w+)", RULES.read_text())
        self.assertEqual(len(alerts), len(set(alerts)))
        tests = RULES_TEST.read_text()
        silent = re.findall(r"\{eval_time: \w+, alertname: (\w+)\}", tests)
        firing = re.findall(r"alertname: (\w+)\n +exp_alerts:\n +- exp_labels", tests)
        self.assertEqual(set(silent), set(alerts))
        self.assertEqual(set(firing), set(alerts))


class DashboardFileTest(unittest.TestCase):
    def setUp(self):
        self.dashboard = dashboard.read()
        self.panels = self.dashboard["panels"]

    def assert_unique(self, values):
        values = list(values)
        self.assertEqual(len(values), len(set(values)), sorted(values))

    def test_panels_are_told_apart(self):
        self.assert_unique(each["id"] for each in self.panels)
        self.assert_unique((each["title"], each["type"]) for each in self.panels)

    def test_panels_do_not_overlap(self):
        def cells(grid):
            across = range(grid["x"], grid["x"] + grid["w"])
            return itertools.product(across, range(grid["y"], grid["y"] + grid["h"]))

        covered = [cell for each in self.panels for cell in cells(each["gridPos"])]
        self.assert_unique(covered)
        self.assertLess(max(x for x, _ in covered), 24)

    def test_everything_is_asked_of_the_chosen_prometheus(self):
        names = {each["name"] for each in self.dashboard["templating"]["list"]}
        self.assertIn("datasource", names)
        for panel in self.panels:
            for target in panel.get("targets", []):
                self.assertEqual(target["datasource"]["uid"], "${datasource}")
                variables = set(re.findall(r"\$(\w+)", target["expr"]))
                self.assertLessEqual(variables, {*names, "__rate_interval"})


class MonitoringCase(E2eCase):
    """Both daemons, with the binlog as change source, and a Prometheus that scrapes
    them; lookups go on all the time."""

    server_options = BINLOG_OPTIONS

    def setUp(self):
        super().setUp()
        sync, proxy = (f"127.0.0.1:{free_port()}" for _ in range(2))
        self.site.write_config(
            {"sync_metrics_listen": sync, "proxy_metrics_listen": proxy}
        )
        self.endpoints = (sync, proxy)
        self.site.sync.start()
        # A lookup before the store is filled would be temporary.
        wait_until(
            lambda: self.site.ctl("status").returncode == 0,
            20,
            lambda: f"the store is filled: {self.site.ctl('status')}",
        )
        self.site.start_proxy()
        self.asker = Asker(self.site)
        self.addCleanup(self.asker.close)
        self.prometheus = Prometheus(self.folder / "prometheus", sync, proxy)
        self.addCleanup(self.prometheus.close)
        self.prometheus.start()

    def exposed(self):
        """Returns what both daemons expose, as text."""
        return "".join(get(f"http://{each}/metrics") for each in self.endpoints)

    def values(self):
        """Returns all that can be chosen for each variable of the dashboard."""
        values = {}
        for each in dashboard.variables():
            series = dashboard.Query(each.series, "").expression(values, "")
            values[each.name] = self.prometheus.label_values(series, each.label)
        return values

    def ask(self, title):
        """Returns the Series of all queries of a panel, by their legends."""
        values = self.values()
        (panel,) = (each for each in dashboard.panels() if each.title == title)
        return {
            query.name(series.labels): series.value
            for query in panel.queries
            for series in self.prometheus.query(
                query.expression(values, _RATE_INTERVAL)
            )
        }

    def wait_for_panel(self, title, condition):
        """Waits until what the panel shows, values by legends, is as it should be."""
        wait_until(
            lambda: condition(self.ask(title)),
            20,
            lambda: f"{title} is as expected, but {self.ask(title)}",
        )

    def wait_for_alerts(self, **expected):
        """Waits until these alerts are about to fire and no others, each with a map or
        None."""
        wait_until(
            lambda: self._alerts() == expected,
            20,
            lambda: f"alerts {expected}, but {self._alerts()}\n{self.site.logs()}",
        )

    def _alerts(self):
        alerts = self.prometheus.alerts()
        return {each["alertname"]: each.get("map") for each in alerts}


class QueriesTest(MonitoringCase):
    def change_rows(self):
        """Has entries added, changed and removed."""
        self.mariadb.run(
            "INSERT INTO virtual_mailboxes (domain_id, email, password)"
            " VALUES (1, 'new@example.org', '');"
            " UPDATE virtual_aliases SET destination = 'box@doomed.test'"
            " WHERE source = 'alias@doomed.test';"
            " DELETE FROM virtual_aliases WHERE source = 'filler2@example.org'"
        )
        self.wait_for_lookup(MAILBOXES, "new@example.org", found("1"))

    def missing(self, query, values):
        """Returns what keeps a query of the dashboard from showing something."""
        expression = query.expression(values, _RATE_INTERVAL)
        series = self.prometheus.query(expression)
        if not series:
            return f"{expression}: no series"
        for each in series:
            if not query.labels <= set(each.labels):
                return f"{expression}: {query.legend} of {each.labels}"
        return ""

    def test_each_query_of_the_dashboard_shows_something(self):
        self.change_rows()
        wait_until(lambda: all(self.values().values()), 20, self.values)
        for panel in dashboard.panels():
            for query in panel.queries:
                with self.subTest(panel=panel.title, expr=query.expr):
                    wait_until(
                        lambda: not self.missing(query, self.values()),
                        20,
                        lambda: self.missing(query, self.values()),
                    )

    def test_the_dashboard_shows_what_is_asked_and_changed(self):
        for parameter in (DOMAINS, MAILBOXES, ALIASES):
            self.assert_lookup(parameter, "example.org" * 2, self.not_found)
        self.change_rows()
        self.wait_for_panel(
            "Lookups by outcome",
            lambda by: by["found"] > 0 and by["not_found"] > 0 == by["temporary"],
        )

    def test_every_metric_is_used_and_every_used_metric_is_there(self):
        exposed = set(re.findall(r"^# TYPE (\S+)", self.exposed(), re.MULTILINE))
        asked = asked_in(RULES.read_text() + dashboard.FILE.read_text())
        self.assertEqual(asked - exposed, set(), "asked for, but not exposed")
        self.assertEqual(exposed - asked, set(_UNUSED), "exposed, but not used")


if __name__ == "__main__":
    unittest.main()
