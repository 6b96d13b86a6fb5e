"""Metrics: what is told is what was asked and done."""

import socket
import unittest

from support.e2e_case import FILLERS
from support.listening import listening_ports
from support.metrics_case import MetricsCase
from support.postmap import NOT_FOUND, TEMPORARY, found
from support.site import ALIASES, DOMAINS, MAILBOXES
from support.socketmap import SocketmapClient
from support.waiting import wait_until

_LOOKUPS = "postmirror_proxy_lookups_total"
_REFUSED = "postmirror_proxy_refused_requests_total"
_DURATIONS = "postmirror_proxy_lookup_duration_seconds_count"
_CHANGES = "postmirror_sync_changes_applied_total"


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
            self.addCleanup(client.close)
            self.assertEqual(client.ask_and_begin(DOMAINS, "example.org"), found("1"))
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
        added = told.value(_CHANGES, map=self.aliases, change="added")
        self.assertEqual(added, entries)
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


if __name__ == "__main__":
    unittest.main()
