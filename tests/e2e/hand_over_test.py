"""A service manager holds the listening sockets, and keeps the connections while
postmirror-proxy is restarted: no client notices."""

import contextlib
import unittest

from support.e2e_case import E2eCase
from support.postmap import NOT_FOUND, TEMPORARY, found
from support.ports import free_port
from support.supervisor import Supervisor
from support.site import ALIASES, DOMAINS, MAILBOXES
from support.socketmap import SocketmapClient
from support.tcp_table import TcpTableClient
from support.waiting import wait_until

CLIENTS = 60


class HandOverTest(E2eCase):
    def setUp(self):
        super().setUp()
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)

    def start_with(self, manager, *addresses):
        """Starts both daemons; the manager holds the sockets at these addresses."""
        self.manager = self.stack.enter_context(manager)
        for address in addresses:
            self.manager.listen(address)
        self.site.set_proxy(manager=self.manager)
        self.start_postmirror()

    def all_addresses(self):
        loopback = [("127.0.0.1", port) for port in self.site.ports.values()]
        return [*loopback, self.site.unix_socket]

    def connect(self, kind, *arguments):
        """Returns a client that is closed after the test."""
        return self.stack.enter_context(contextlib.closing(kind(*arguments)))

    def ask_all(self, lines, maps):
        for client in lines:
            self.assertEqual(client.ask("alias@doomed.test"), "200 user@example.org\n")
        for client in maps:
            self.assertEqual(
                client.ask(MAILBOXES, ["user@example.org"]),
                {"user@example.org": found("1")},
            )

    def test_restarts_close_no_connection_and_refuse_none(self):
        self.start_with(Supervisor(self.folder), *self.all_addresses())
        port = self.site.ports[ALIASES]
        lines = [self.connect(TcpTableClient, port) for _ in range(CLIENTS)]
        maps = [
            self.connect(SocketmapClient, self.site.unix_socket)
            for _ in range(CLIENTS)
        ]
        self.ask_all(lines, maps)
        for _ in range(3):
            self.assertEqual(self.site.proxy.stop(), 0)
            self.assertEqual(self.manager.kept(), ["connections"])
            # Nobody is there to answer; nobody is refused.
            lines[0].send("get nobody@example.org\n")
            late = self.connect(TcpTableClient, port)
            late.send("get alias@doomed.test\n")
            self.site.start_proxy()
            self.assertEqual(lines[0].reply(), "500 not found\n")
            self.assertEqual(late.reply(), "200 user@example.org\n")
            lines.append(late)
            self.ask_all(lines, maps)
            self.site.proxy.wait_for_log(
                f"connections taken over: {len(lines) + len(maps) - 1}"
            )
            # Or each further process would get it.
            wait_until(
                lambda: not self.manager.kept(),
                20,
                lambda: "the manager is told to drop what was taken",
            )

    def test_a_client_in_the_middle_of_a_request_is_closed(self):
        self.start_with(Supervisor(self.folder), *self.all_addresses())
        client = self.connect(TcpTableClient, self.site.ports[ALIASES])
        client.ask("nobody@example.org")
        client.send("get alias@doo")
        # Its half has been read once another, later one is answered.
        other = self.connect(TcpTableClient, self.site.ports[ALIASES])
        self.assertEqual(other.ask("x@example.org"), "500 not found\n")
        self.site.proxy.stop()
        self.assertEqual(client.reply(), "")
        self.site.start_proxy()
        self.site.proxy.wait_for_log("connections taken over: 1")
        self.assertEqual(other.ask("x@example.org"), "500 not found\n")

    def test_a_passed_socket_without_an_entry_is_temporary(self):
        port = free_port()
        self.start_with(Supervisor(self.folder), ("127.0.0.1", port))
        reply = "400 no entry of listen in postmirror.cf has this address\n"
        client = self.connect(TcpTableClient, port)
        self.assertEqual(client.ask("nobody@example.org"), reply)
        self.assertEqual(client.ask("user@example.org"), reply)
        self.assertEqual(
            self.site.ask(f"socketmap:inet:127.0.0.1:{port}:{ALIASES}", "x@y"),
            TEMPORARY,
        )
        self.site.proxy.wait_for_log(f"127.0.0.1:{port}, which no entry of listen")
        # The entries have sockets of their own.
        self.assert_lookup(DOMAINS, "example.org", found("1"))

    def test_a_passed_socket_is_served_once_it_has_an_entry(self):
        port = free_port()
        self.start_with(Supervisor(self.folder), ("127.0.0.1", port))
        early = self.connect(TcpTableClient, port)
        self.assertTrue(early.ask("alias@doomed.test").startswith("400 "))
        self.site.write_config(
            {
                "listen": f"tcp:127.0.0.1:{port}:{ALIASES} "
                f"socketmap:unix:{self.site.unix_socket}"
            }
        )
        self.site.proxy.reload()
        # Who was there before has to come again.
        self.assertEqual(early.reply(), "")
        late = self.connect(TcpTableClient, port)
        self.assertEqual(late.ask("alias@doomed.test"), "200 user@example.org\n")

    def test_a_client_that_hangs_up_after_a_restart_is_let_go(self):
        self.start_with(Supervisor(self.folder), *self.all_addresses())
        clients = [
            self.connect(TcpTableClient, self.site.ports[ALIASES]) for _ in range(3)
        ]
        for client in clients:
            client.ask("alias@doomed.test")
        self.site.proxy.stop()
        self.site.start_proxy()
        clients[0].close()
        for client in clients[1:]:
            self.assertEqual(client.ask("alias@doomed.test"), "200 user@example.org\n")
        self.site.proxy.kill()
        # A crash is seen by everyone.
        for client in clients[1:]:
            self.assertEqual(client.reply(), "")

    def test_says_that_it_is_ready_alive_and_stopping(self):
        self.start_with(Supervisor(self.folder, watchdog_seconds=2))
        self.manager.wait_for("READY=1")
        self.manager.wait_for("STATUS=answering, parameters: 3")
        before = len(self.manager.said())
        self.manager.wait_for("WATCHDOG=1", before)
        self.site.proxy.stop()
        self.manager.wait_for("STOPPING=1", before)

    def test_status_says_why_lookups_are_temporary(self):
        self.manager = self.stack.enter_context(Supervisor(self.folder))
        self.site.set_proxy(manager=self.manager)
        self.site.start_proxy()
        wait_until(
            lambda: "every lookup is answered temporarily" in self.manager.status(),
            20,
            lambda: f"the status tells, but: {self.manager.said()}",
        )
        self.site.sync.start()
        self.manager.wait_for("STATUS=answering, parameters: 3")
        # The store is there before its maps are filled.
        self.wait_for_lookup(ALIASES, "nobody@example.org", NOT_FOUND)


class SyncManagedTest(E2eCase):
    def test_says_what_is_filled_and_why_not(self):
        self.mariadb.stop()
        with Supervisor(self.folder, watchdog_seconds=2) as manager:
            self.site.set_sync(manager=manager)
            self.site.sync.start()
            # Ready without MariaDB.
            manager.wait_for("READY=1")
            wait_until(
                lambda: "cannot be read" in manager.status()
                and manager.status().endswith("maps filled: 0 of 3"),
                20,
                lambda: f"the status tells, but: {manager.said()}",
            )
            self.mariadb.start()
            wait_until(
                lambda: manager.status().startswith("following ")
                and manager.status().endswith("maps filled: 3 of 3"),
                20,
                lambda: f"the status heals, but: {manager.said()}",
            )
            before = len(manager.said())
            manager.wait_for("WATCHDOG=1", before)
            self.site.sync.stop()
            manager.wait_for("STOPPING=1", before)


if __name__ == "__main__":
    unittest.main()
