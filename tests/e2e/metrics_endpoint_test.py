"""Where metrics are served: everything that was promised is there, and nothing listens
unless it is asked for."""

import signal
import socket
import subprocess
import unittest

from support.listening import further_threads_without, listening_ports
from support.metrics import scrape
from support.metrics_case import MetricsCase
from support.postmap import found
from support.site import DOMAINS

# As promised to whoever wrote rules and dashboards for them.
_PROXY = {
    f"postmirror_proxy_{name}"
    for name in (
        "lookups_total",
        "refused_requests_total",
        "lookup_duration_seconds",
        "connections",
        "connections_accepted_total",
        "connections_turned_away_total",
        "client_limit",
        "store_open",
        "reloads_total",
        "build_info",
    )
}
_SYNC = {
    f"postmirror_sync_{name}"
    for name in (
        "map_filled",
        "map_entries",
        "map_freshness_seconds",
        "map_held",
        "map_held_removals",
        "map_held_values",
        "map_broken",
        "connected",
        "change_source",
        "change_source_as_configured",
        "in_doubt",
        "mariadb_errors_total",
        "changes_applied_total",
        "diffs_total",
        "diff_duration_seconds",
        "store_bytes",
        "reloads_total",
        "build_info",
    )
}


class EndpointTest(MetricsCase):
    def test_every_metric_is_there_and_no_other(self):
        self.start_postmirror()
        self.assertEqual(self.proxy().names(), _PROXY)
        self.assertEqual(self.sync().names(), _SYNC)

    def test_promtool_finds_nothing_wrong_with_them(self):
        self.start_postmirror()
        for scraped in (self.proxy, self.sync):
            result = subprocess.run(
                ["promtool", "check", "metrics"],
                input=scraped().text,
                capture_output=True,
                text=True,
                timeout=60,
            )
            self.assertEqual(result.stdout + result.stderr, "")
            self.assertEqual(result.returncode, 0)

    def test_nothing_listens_unless_it_is_asked_for(self):
        self.site.write_config(
            {"sync_metrics_listen": None, "proxy_metrics_listen": None}
        )
        self.start_postmirror()
        self.assertEqual(listening_ports(self.site.sync.pid), [])
        self.assertEqual(
            listening_ports(self.site.proxy.pid), sorted(self.site.ports.values())
        )

    def test_a_port_that_is_taken_is_no_failure(self):
        with socket.create_server(("127.0.0.1", self.proxy_port)), socket.create_server(
            ("127.0.0.1", self.sync_port)
        ):
            self.start_postmirror()
            for daemon, setting, port in (
                (self.site.proxy, "proxy_metrics_listen", self.proxy_port),
                (self.site.sync, "sync_metrics_listen", self.sync_port),
            ):
                daemon.wait_for_log(
                    f"{setting}: 127.0.0.1:{port}: bind: Address already in use"
                )
            self.assert_lookup(DOMAINS, "example.org", found("1"))
        self.reload(self.site.proxy)
        self.assertEqual(self.proxy().value("postmirror_proxy_store_open"), 1)

    def test_the_daemons_end_as_they_do_without(self):
        self.start_postmirror()
        for daemon, port in (
            (self.site.proxy, self.proxy_port),
            (self.site.sync, self.sync_port),
        ):
            # Whoever does not wait for the answer must not end the daemon.
            for _ in range(20):
                with socket.create_connection(("127.0.0.1", port)) as scraper:
                    scraper.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            scrape(port)
            signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
            self.assertEqual(further_threads_without(daemon.pid, *signals), [])
            self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main()
