"""Metrics: what is told is what was asked and done, and nothing listens unless it is
asked for."""

import signal
import socket
import subprocess
import unittest

from support.e2e_case import FILLERS, E2eCase
from support.listening import further_threads_without, listening_ports
from support.metrics import scrape
from support.ports import free_port
from support.postmap import NOT_FOUND, TEMPORARY, found
from support.site import ALIASES, DOMAINS, MAILBOXES
from support.socketmap import SocketmapClient
from support.waiting import wait_until

_LOOKUPS = "postmirror_proxy_lookups_total"
_REFUSED = "postmirror_proxy_refused_requests_total"
_DURATIONS = "postmirror_proxy_lookup_duration_seconds_count"
_CHANGES = "postmirror_sync_changes_applied_total"

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
        "connected",
        "change_source",
        "mariadb_errors_total",
        "changes_applied_total",
        "diffs_total",
        "diff_duration_seconds",
        "store_bytes",
        "reloads_total",
        "build_info",
    )
}


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


class ProxyMetricsTest(MetricsCase):
    def test_lookups_are_counted_as_they_were_asked(self):
        self.start_postmirror()
        before = self.proxy()
        with SocketmapClient(self.site.unix_socket) as client:
            hits = [f"filler{i}@example.org" for i in range(1, FILLERS + 1)]
            client.ask(ALIASES, hits)
            client.ask(ALIASES, ["unknown@example.org"] * 3)
            client.ask(DOMAINS, ["example.org", "elsewhere.test"])
        for key in ("user@example.org", "user@example.org", "no@example.org"):
            self.lookup(MAILBOXES, key, "tcp")
        after = self.proxy()

        def counted(**labels):
            return after.value(_LOOKUPS, **labels) - before.value(_LOOKUPS, **labels)

        aliases = {"protocol": "socketmap", "parameter": ALIASES}
        domains = {"protocol": "socketmap", "parameter": DOMAINS}
        mailboxes = {"protocol": "tcp_table", "parameter": MAILBOXES}
        self.assertEqual(counted(**aliases, outcome="found"), FILLERS)
        self.assertEqual(counted(**aliases, outcome="not_found"), 3)
        self.assertEqual(counted(**domains, outcome="found"), 1)
        self.assertEqual(counted(**domains, outcome="not_found"), 1)
        self.assertEqual(counted(**mailboxes, outcome="found"), 2)
        self.assertEqual(counted(**mailboxes, outcome="not_found"), 1)
        self.assertEqual(counted(), FILLERS + 8)
        self.assertEqual(counted(outcome="temporary"), 0)
        self.assertEqual(after.value(_DURATIONS), after.value(_LOOKUPS))

    def test_requests_without_a_lookup_are_counted_as_refused(self):
        self.start_postmirror()
        before = self.proxy()
        with socket.create_connection(("127.0.0.1", self.site.ports[ALIASES])) as line:
            line.sendall(b"hello\n")
            self.assertTrue(line.recv(100).startswith(b"400 "))
        with socket.socket(socket.AF_UNIX) as netstrings:
            netstrings.connect(str(self.site.unix_socket))
            netstrings.sendall(b"6:nope x,6:nope y,")
            received = b""
            while received.count(b"PERM") < 2:
                received += netstrings.recv(1000)
        after = self.proxy()
        for protocol, count in (("tcp_table", 1), ("socketmap", 2)):
            self.assertEqual(
                after.value(_REFUSED, protocol=protocol)
                - before.value(_REFUSED, protocol=protocol),
                count,
            )
        self.assertEqual(after.value(_LOOKUPS), before.value(_LOOKUPS))

    def test_connections_come_and_go(self):
        self.site.write_config({"client_limit": 3})
        self.start_postmirror()
        connections = "postmirror_proxy_connections"
        self.wait_for(self.proxy, connections, lambda value: value == 0)
        self.assertEqual(self.proxy().value("postmirror_proxy_client_limit"), 3)
        before = self.proxy()
        clients = [SocketmapClient(self.site.unix_socket) for _ in range(3)]
        for client in clients:
            client.ask(DOMAINS, ["example.org"])
        with SocketmapClient(self.site.unix_socket) as fourth:
            answer = fourth.ask(DOMAINS, ["example.org"])
        self.assertEqual(answer, {"example.org": TEMPORARY})
        told = self.proxy()
        self.assertEqual(told.value(connections), 3)
        for name, count in (("accepted", 3), ("turned_away", 1)):
            counter = f"postmirror_proxy_connections_{name}_total"
            self.assertEqual(told.value(counter), before.value(counter) + count)
        for client in clients:
            client.close()
        self.wait_for(self.proxy, connections, lambda value: value == 0)

    def test_a_store_that_is_not_there(self):
        self.site.start_proxy()
        self.assertEqual(self.proxy().value("postmirror_proxy_store_open"), 0)
        self.lookup(DOMAINS, "example.org")
        self.assertEqual(self.proxy().value(_LOOKUPS, outcome="temporary"), 1)
        self.site.sync.start()
        self.wait_until_answering()
        self.assertEqual(self.proxy().value("postmirror_proxy_store_open"), 1)

    def test_a_reload_turns_them_on_and_off(self):
        self.site.write_config({"proxy_metrics_listen": None})
        self.start_postmirror()
        ports = listening_ports(self.site.proxy.pid)
        self.listen_for_prometheus()
        self.reload(self.site.proxy)
        self.assertEqual(
            listening_ports(self.site.proxy.pid), sorted([*ports, self.proxy_port])
        )
        self.assertEqual(self.proxy().value(_LOOKUPS), 0)
        self.assert_lookup(DOMAINS, "example.org", found("1"))
        self.assertEqual(self.proxy().value(_LOOKUPS), 3)
        reloads = "postmirror_proxy_reloads_total"
        self.assertEqual(self.proxy().value(reloads, result="ok"), 1)
        self.site.write_config({"client_limit": "many"})
        self.reload(self.site.proxy, "is not reloaded")
        self.assertEqual(self.proxy().value(reloads, result="failed"), 1)
        self.assertEqual(self.proxy().value(_LOOKUPS), 3)
        self.site.write_config({"client_limit": None, "proxy_metrics_listen": None})
        self.reload(self.site.proxy)
        self.assertEqual(listening_ports(self.site.proxy.pid), ports)


class SyncMetricsTest(MetricsCase):
    def setUp(self):
        super().setUp()
        self.aliases = str(self.site.map_files[ALIASES])

    def test_a_mirror_that_follows(self):
        self.start_postmirror()
        for path in self.site.map_files.values():
            told = self.sync()
            self.assertEqual(told.value("postmirror_sync_map_filled", map=str(path)), 1)
            self.assertEqual(told.value("postmirror_sync_map_held", map=str(path)), 0)
            self.wait_for(
                self.sync,
                "postmirror_sync_map_freshness_seconds",
                lambda value: 0 <= value < 5,
                map=str(path),
            )
        entries = FILLERS + 3
        told = self.sync()
        self.assertEqual(
            told.value("postmirror_sync_map_entries", map=self.aliases), entries
        )
        self.assertEqual(told.value(_CHANGES, map=self.aliases, change="added"), entries)
        hosts = f"127.0.0.1:{self.mariadb.port}"
        self.assertEqual(told.value("postmirror_sync_connected", hosts=hosts), 1)
        for source in ("binlog", "lsn", "interval"):
            self.assertEqual(
                told.value("postmirror_sync_change_source", hosts=hosts, source=source),
                source == "lsn",
            )
        store = self.site.store / "v1" / "data.mdb"
        self.assertEqual(
            told.value("postmirror_sync_store_bytes"), store.stat().st_size
        )

    def test_changes_are_counted(self):
        self.start_postmirror()
        before = self.sync()
        self.mariadb.run(
            "INSERT INTO virtual_aliases (domain_id, source, destination)"
            " VALUES (1, 'new@example.org', 'user@example.org')"
        )
        self.wait_for_lookup(ALIASES, "new@example.org", found("user@example.org"))
        self.mariadb.run(
            "DELETE FROM virtual_aliases WHERE source = 'filler1@example.org'"
        )
        self.wait_for_lookup(ALIASES, "filler1@example.org", NOT_FOUND)
        for change in ("added", "removed"):
            labels = {"map": self.aliases, "change": change}
            goal = before.value(_CHANGES, **labels) + 1
            self.wait_for(self.sync, _CHANGES, lambda n, g=goal: n == g, **labels)
        after = self.sync()
        everything = {"scope": "everything"}
        diffs = after.value("postmirror_sync_diffs_total", **everything)
        self.assertGreaterEqual(
            diffs, before.value("postmirror_sync_diffs_total", **everything) + 2
        )
        self.assertEqual(
            after.value("postmirror_sync_diff_duration_seconds_count", **everything),
            diffs,
        )

    def test_an_outage(self):
        self.start_postmirror()
        errors = "postmirror_sync_mariadb_errors_total"
        freshness = "postmirror_sync_map_freshness_seconds"
        self.wait_for(self.sync, "postmirror_sync_connected", lambda value: value == 1)
        before = self.sync().value(errors)
        self.mariadb.kill()
        self.wait_for(self.sync, errors, lambda value: value >= before + 2)
        told = self.sync()
        self.assertEqual(told.value("postmirror_sync_connected"), 0)
        self.assertEqual(told.value("postmirror_sync_change_source"), 0)
        self.assertEqual(told.value("postmirror_sync_map_filled", map=self.aliases), 1)
        age = told.value(freshness, map=self.aliases)
        self.wait_for(self.sync, freshness, lambda value: value > age, map=self.aliases)
        # The store is as it was for a sync that starts meanwhile, too.
        self.site.sync.stop()
        self.site.sync.start()
        wait_until(
            lambda: self.site.sync.log().count("trying again") == 2,
            20,
            self.site.sync.log,
        )
        told = self.sync()
        self.assertEqual(
            told.value("postmirror_sync_map_entries", map=self.aliases), FILLERS + 3
        )
        self.assertGreater(told.value(freshness, map=self.aliases), age)
        self.mariadb.start()
        self.wait_for(self.sync, "postmirror_sync_connected", lambda value: value == 1)

    def test_a_held_map(self):
        self.start_postmirror()
        self.mariadb.run("TRUNCATE virtual_aliases")
        held = "postmirror_sync_map_held"
        self.wait_for(self.sync, held, lambda value: value == 1, map=self.aliases)
        self.assertEqual(
            self.sync().value("postmirror_sync_map_held_removals", map=self.aliases),
            FILLERS + 3,
        )
        self.assertEqual(self.site.ctl("accept", "--all").returncode, 0)
        self.wait_for(self.sync, held, lambda value: value == 0, map=self.aliases)
        self.assertEqual(
            self.sync().value("postmirror_sync_map_entries", map=self.aliases), 0
        )

    def test_counters_outlive_a_reload_and_maps_that_are_gone_do_not(self):
        self.start_postmirror()
        added = self.sync().value(_CHANGES, map=self.aliases, change="added")
        self.site.write_config({ALIASES: None, "listen": None})
        self.reload(self.site.sync)
        filled = "postmirror_sync_map_filled"
        wait_until(
            lambda: len(self.sync().series(filled)) == 2,
            20,
            lambda: self.sync().text,
        )
        self.assertEqual(self.sync().series(filled, map=self.aliases), [])
        self.site.write_config({ALIASES: self.site.mysql(ALIASES)})
        self.reload(self.site.sync)
        wait_until(
            lambda: len(self.sync().series(filled)) == 3,
            20,
            lambda: self.sync().text,
        )
        told = self.sync()
        self.assertGreaterEqual(
            told.value(_CHANGES, map=self.aliases, change="added"), added
        )
        reloads = "postmirror_sync_reloads_total"
        self.assertEqual(told.value(reloads, result="ok"), 2)
        self.site.write_config({"max_shrink": "all"})
        self.reload(self.site.sync, "is not reloaded")
        self.assertEqual(self.sync().value(reloads, result="failed"), 1)


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
            self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""))

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
