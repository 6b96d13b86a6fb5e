"""The fixture of tests with a Prometheus that scrapes both daemons.

Lookups go on all the time. What Prometheus says is what the daemons said a quarter of
a second ago; the rules are evaluated as often.
"""

from support import dashboard
from support.asker import Asker
from support.e2e_case import E2eCase
from support.mariadb import BINLOG_OPTIONS
from support.metrics import scrape
from support.ports import free_port
from support.prometheus import Prometheus
from support.waiting import wait_until

_RATE_INTERVAL = "4s"


class MonitoringCase(E2eCase):
    server_options = BINLOG_OPTIONS

    def setUp(self):
        super().setUp()
        self._ports = (free_port(), free_port())
        sync, proxy = (f"127.0.0.1:{port}" for port in self._ports)
        self.site.write_config(
            {"sync_metrics_listen": sync, "proxy_metrics_listen": proxy}
        )
        self.site.sync.start()
        # A lookup before the store is filled would be temporary.
        self.site.wait_until_filled()
        self.site.start_proxy()
        self.asker = Asker(self.site)
        self.addCleanup(self.asker.close)
        self.prometheus = Prometheus(self.folder / "prometheus", sync, proxy)
        self.addCleanup(self.prometheus.close)
        self.prometheus.start()
        # What is counted before the first scrape is no increase of a counter.
        wait_until(
            lambda: len(self.prometheus.query("up == 1")) == 2,
            20,
            lambda: f"both are scraped: {self.prometheus.query('up')}",
        )

    def exposed(self):
        """Returns the Metrics of each daemon."""
        return [scrape(port) for port in self._ports]

    def values(self):
        """Returns all that can be chosen for each variable of the dashboard."""
        values = {}
        for each in dashboard.variables():
            series = dashboard.Query(each.series, "").expression(values, "")
            values[each.name] = self.prometheus.label_values(series, each.label)
        return values

    def answer(self, query):
        """Returns the Series that a query of the dashboard has, everything chosen."""
        expression = query.expression(self.values(), _RATE_INTERVAL)
        return self.prometheus.query(expression)

    def panel(self, title):
        """Returns the values that a panel shows, by their legends."""
        (panel,) = (each for each in dashboard.panels() if each.title == title)
        return {
            query.name(series.labels): series.value
            for query in panel.queries
            for series in self.answer(query)
        }

    def wait_for_panel(self, title, condition):
        """Waits until a panel's values by their legends are as they should be; a legend
        that is missing is not."""

        def is_met():
            try:
                return condition(self.panel(title))
            except KeyError:
                return False

        wait_until(
            is_met,
            20,
            lambda: f"{title} is otherwise: {self.panel(title)}\n{self.site.logs()}",
        )

    def alerts(self):
        """Returns the names of the alerts that fire, or will if it stays so, each with
        its map if it has one."""
        alerts = self.prometheus.alerts()
        return {each["alertname"]: each.get("map") for each in alerts}

    def wait_for_alerts(self, **expected):
        """Waits until alerts() is that."""
        wait_until(
            lambda: self.alerts() == expected,
            20,
            lambda: f"alerts {expected}, but {self.alerts()}\n{self.site.logs()}",
        )
