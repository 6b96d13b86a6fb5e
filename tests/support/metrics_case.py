"""The fixture of tests that scrape: both daemons are told to listen for Prometheus."""

from support.e2e_case import E2eCase
from support.metrics import scrape
from support.ports import free_port
from support.waiting import wait_until


class MetricsCase(E2eCase):
    def setUp(self):
        super().setUp()
        self.sync_port, self.proxy_port = free_port(), free_port()
        self.listen_for_prometheus()

    def listen_for_prometheus(self):
        self.site.write_config(
            {
                "sync_metrics_listen": f"127.0.0.1:{self.sync_port}",
                "proxy_metrics_listen": f"127.0.0.1:{self.proxy_port}",
            }
        )

    def proxy(self):
        return scrape(self.proxy_port)

    def sync(self):
        return scrape(self.sync_port)

    def wait_for(self, scraped, name, test, **labels):
        """Waits until the sum of these samples passes the test."""
        wait_until(
            lambda: test(scraped().value(name, **labels)),
            20,
            lambda: f"{name} {labels}:\n{scraped().text}\n{self.site.logs()}",
        )

    def reload(self, daemon, expected="reloaded "):
        before = daemon.log().count(expected)
        daemon.reload()
        wait_until(
            lambda: daemon.pid and daemon.log().count(expected) > before,
            20,
            lambda: f"{daemon.name} logs {expected!r}, but:\n{daemon.log()}",
        )
