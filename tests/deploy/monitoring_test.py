"""deploy/prometheus and deploy/grafana: the rules do what they say, and rules and
dashboard ask for what the daemons have."""

import itertools
import re
import unittest

from support import dashboard
from support.monitoring_case import MonitoringCase
from support.postmap import NOT_FOUND, TEMPORARY, found
from support.prometheus import CONFIG, RULES, RULES_TEST, promtool
from support.site import ALIASES, DOMAINS, MAILBOXES
from support.socketmap import SocketmapClient
from support.waiting import wait_until

# What is exposed and neither shown nor judged, on purpose.
_UNUSED = set()

_METRIC = re.compile(r"\bpostmirror_(?:sync|proxy)_\w+")
_SELECTOR = re.compile(r"\b(postmirror_\w+)\{([^}]*)\}")
_MATCHER = re.compile(r'(\w+)=~?"([^"]*)"')


class RulesTest(unittest.TestCase):
    def assert_succeeds(self, *arguments):
        result = promtool(*arguments)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_promtool_accepts_the_rules(self):
        self.assert_succeeds("check", "rules", "--lint=all", "--lint-fatal", RULES)

    def test_promtool_accepts_the_configuration(self):
        self.assert_succeeds("check", "config", CONFIG)

    def test_unit_tests_pass(self):
        self.assert_succeeds("test", "rules", RULES_TEST)

    def test_each_alert_fires_in_a_unit_test_and_is_silent_in_one(self):
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
        self.assert_unique(each["title"] for each in self.panels)

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


class QueriesTest(MonitoringCase):
    """What the dashboard asks has an answer while everything is well."""

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
        self.wait_for_lookup(ALIASES, "filler2@example.org", NOT_FOUND)

    def missing(self, query):
        """Returns what keeps a query from showing something."""
        series = self.answer(query)
        if not series:
            return f"no series: {self.values()}"
        unnamed = [each for each in series if not query.labels <= set(each.labels)]
        return f"without a legend: {unnamed}" if unnamed else ""

    def test_each_query_has_series_with_the_labels_of_its_legend(self):
        self.change_rows()
        for panel in dashboard.panels():
            for query in panel.queries:
                with self.subTest(panel=panel.title, expr=query.expr):
                    wait_until(
                        lambda query=query: not self.missing(query),
                        20,
                        lambda query=query: self.missing(query),
                    )

    def test_lookups_and_changes_are_shown(self):
        self.change_rows()
        for parameter in (DOMAINS, MAILBOXES, ALIASES):
            self.lookup(parameter, "unknown@unknown.test", "tcp")
        self.wait_for_panel(
            "Lookups by protocol", lambda by: by["socketmap"] > by["tcp_table"] > 0
        )
        self.wait_for_panel(
            "Lookups by outcome",
            lambda by: by["found"] > by["not_found"] > 0 == by.get("temporary", 0),
        )
        self.wait_for_panel(
            "Changes applied",
            lambda by: {"added", "changed", "removed"} == set(by),
        )
        self.wait_for_panel("Change source", lambda by: by == {"binlog": 1})


class MetricsTest(MonitoringCase):
    def setUp(self):
        super().setUp()
        self.asked = RULES.read_text() + "".join(
            f"{query.expr}\n" for each in dashboard.panels() for query in each.queries
        )

    def labels_asked_for(self):
        """Yields metric, label and value wherever these stand in a selector."""
        for metric, matchers in _SELECTOR.findall(self.asked):
            for label, values in _MATCHER.findall(matchers):
                if not values.startswith("$"):  # a variable: it has what is exposed
                    yield from ((metric, label, value) for value in values.split("|"))

    def test_what_is_asked_for_is_exposed_and_the_other_way_round(self):
        exposed = self.exposed()
        names = set().union(*(each.names() for each in exposed))
        asked = {re.sub("_bucket$", "", name) for name in _METRIC.findall(self.asked)}
        self.assertEqual(asked - names, set(), "asked for, but not exposed")
        self.assertEqual(names - asked, _UNUSED, "exposed, but not asked for")
        for metric, label, value in self.labels_asked_for():
            series = [each.series(metric, **{label: value}) for each in exposed]
            self.assertTrue(any(series), f'{metric}{{{label}="{value}"}}')


class AlertsTest(MonitoringCase):
    """The real thing trips the rules; how long it must last is tested by promtool."""

    def test_each_rule_works_and_is_silent_while_everything_is_well(self):
        wait_until(
            lambda: all(each["health"] == "ok" for each in self.prometheus.rules()),
            20,
            self.prometheus.rules,
        )
        for rule in self.prometheus.rules():
            with self.subTest(rule=rule["name"]):
                self.assertIn(rule["labels"]["severity"], ("critical", "warning"))
                self.assertEqual(set(rule["annotations"]), {"summary", "description"})
        self.wait_for_panel("Lookups by outcome", lambda by: by["found"] > 0)
        self.wait_for_alerts()

    def test_outage_of_mariadb(self):
        self.wait_for_alerts()
        self.mariadb.kill()
        self.wait_for_alerts(PostmirrorMariadbOutOfReach=None)
        self.wait_for_panel("MariaDB", lambda by: list(by.values()) == [0])
        self.wait_for_panel("Connection to MariaDB", lambda by: max(by.values()) > 0)
        self.wait_for_panel(
            "Lookups by outcome",
            lambda by: by["found"] > 0 == by.get("temporary", 0),
        )
        self.mariadb.start()
        self.wait_for_alerts()
        self.asker.assert_unshaken()

    def test_held_map(self):
        self.wait_for_alerts()
        aliases = str(self.site.map_files[ALIASES])
        self.mariadb.run("TRUNCATE virtual_aliases")
        self.wait_for_alerts(PostmirrorMapHeld=aliases)
        self.wait_for_panel("Removals that wait", lambda by: by[aliases] > 0)
        self.wait_for_panel("Maps", lambda by: by[aliases] == 2)
        self.asker.assert_unshaken()
        self.site.ctl("accept", "--all")
        self.wait_for_alerts()

    def test_refused_configuration(self):
        self.wait_for_alerts()
        self.site.write_config({"reconcile_interval": "soon"})
        self.site.sync.reload()
        self.wait_for_alerts(PostmirrorSyncReloadFailed=None)
        self.site.proxy.reload()
        self.wait_for_alerts(
            PostmirrorSyncReloadFailed=None, PostmirrorProxyReloadFailed=None
        )
        self.wait_for_panel("Reloads", lambda by: by["proxy, failed"] > 0)
        self.asker.assert_unshaken()

    def test_turned_away_clients(self):
        self.site.write_config({"client_limit": 2})
        self.site.proxy.reload()
        self.wait_for_panel("Connections", lambda by: by["of client_limit"] == 0.5)
        self.asker.close()
        for _ in range(2):
            client = SocketmapClient(self.site.unix_socket)
            self.addCleanup(client.close)
            self.assertEqual(client.ask_and_begin(DOMAINS, "example.org"), found("1"))
        with SocketmapClient(self.site.unix_socket) as third:
            self.assertEqual(third.ask(DOMAINS, ["example.org"]), {"example.org": TEMPORARY})
        self.wait_for_alerts(
            PostmirrorConnectionsNearLimit=None, PostmirrorConnectionsTurnedAway=None
        )

    def test_daemons_that_end(self):
        self.wait_for_alerts()
        self.asker.close()
        self.site.proxy.kill()
        self.wait_for_alerts(PostmirrorProxyDown=None)
        self.site.sync.kill()
        self.wait_for_alerts(PostmirrorProxyDown=None, PostmirrorSyncDown=None)


if __name__ == "__main__":
    unittest.main()
