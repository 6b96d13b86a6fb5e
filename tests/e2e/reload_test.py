"""SIGHUP: a changed postmirror.cf is followed without losing a connection or an
answer, a wrong one is not."""

import json
import os
import pathlib
import pwd
import socket
import stat
import unittest

from support.e2e_case import E2eCase
from support.ports import accepts_connections, free_port
from support.postmap import NOT_FOUND, TEMPORARY, found
from support.programs import run_program
from support.site import ALIASES, DOMAINS, MAILBOXES, MapFile
from support.socketmap import SocketmapClient
from support.waiting import wait_until

ALIAS = "alias@doomed.test"
_OK, _WARNING = 0, 1


class ReloadTest(E2eCase):
    # Served by no parameter at first.
    maps = {
        "canonical_maps": [
            MapFile("email2email", "SELECT email FROM virtual_mailboxes WHERE email='%s'")
        ]
    }
    settings = {"canonical_maps": None}

    def setUp(self):
        super().setUp()
        listen = self.listen_entries()
        self.site.write_config({"listen": " ".join(listen)})
        self.start_daemons()

    def listen_entries(self, without=()):
        entries = [
            f"tcp:127.0.0.1:{self.site.ports[name]}:{name}"
            for name in (DOMAINS, MAILBOXES, ALIASES)
            if name not in without
        ]
        return [
            *entries,
            f"socketmap:inet:127.0.0.1:{self.site.ports['socketmap']}",
            f"socketmap:unix:{self.site.unix_socket}",
        ]

    def start_daemons(self):
        self.site.sync.start()
        self.site.proxy.start()
        self.wait_for_lookup(ALIASES, ALIAS, found("user@example.org"))

    def reload(self, daemon, expected="reloaded "):
        """Sends SIGHUP and waits until its outcome is logged."""
        before = daemon.log().count(expected)
        daemon.reload()
        wait_until(
            lambda: daemon.pid and daemon.log().count(expected) > before,
            20,
            lambda: f"{daemon.name} logs {expected!r}, but:\n{daemon.log()}",
        )

    def client(self):
        client = SocketmapClient(self.site.unix_socket)
        self.addCleanup(client.close)
        return client

    def ask(self, client, parameter, key):
        return client.ask(parameter, [key])[key]

    def test_a_unix_socket_whose_file_is_gone_is_bound_again(self):
        client = self.client()
        self.site.unix_socket.unlink()
        self.site.proxy.wait_for_log("the file of a unix socket is gone: it is made again")
        self.assertEqual(
            self.ask(self.client(), ALIASES, ALIAS), found("user@example.org")
        )
        # Those who are there stay.
        self.assertEqual(
            self.ask(client, ALIASES, ALIAS), found("user@example.org")
        )

    def test_what_has_the_name_of_a_unix_socket_is_left_alone(self):
        self.site.unix_socket.unlink()
        other = socket.socket(socket.AF_UNIX)
        self.addCleanup(other.close)
        other.bind(str(self.site.unix_socket))
        other.listen()
        self.site.unix_socket.chmod(0o600)
        self.site.proxy.wait_for_log("something else is in the place of this unix socket")
        self.reload(self.site.proxy)
        self.assertIn("another file is in its place", self.site.proxy.log())
        self.assertEqual(stat.S_IMODE(self.site.unix_socket.stat().st_mode), 0o600)

    def wait_for_status(self, code):
        """Waits until status exits with `code`, returns what it prints."""
        return wait_until(
            lambda: (result := self.site.ctl("status")).returncode == code and result,
            20,
            lambda: f"status is {code}: {self.site.ctl('status')}\n{self.site.logs()}",
        ).stdout

    def test_a_further_map_answers_once_it_is_filled(self):
        client = self.client()
        both = f"{self.site.mysql(ALIASES)} {self.site.mysql('canonical_maps')}"
        self.site.write_config({ALIASES: both})
        # The proxy first: it has nothing yet to answer from the new map.
        self.reload(self.site.proxy)
        self.site.proxy.wait_for_log("answered as before the reload until")
        # Lookups have their answers, so that nobody is to be woken.
        self.assertIn("is not filled yet", self.wait_for_status(_WARNING))
        self.assertEqual(
            self.ask(client, ALIASES, ALIAS), found("user@example.org")
        )
        self.assertEqual(self.ask(client, ALIASES, "user@example.org"), NOT_FOUND)
        self.reload(self.site.sync)
        wait_until(
            lambda: self.ask(client, ALIASES, "user@example.org")
            == found("user@example.org"),
            20,
            lambda: f"the new map is asked:\n{self.site.logs()}",
        )
        self.assertEqual(
            self.ask(client, ALIASES, ALIAS), found("user@example.org")
        )
        self.wait_for_status(_OK)

    def test_a_map_that_is_not_followed_any_more_is_named(self):
        both = f"{self.site.mysql(ALIASES)} {self.site.mysql('canonical_maps')}"
        self.site.write_config({ALIASES: both})
        self.reload(self.site.sync)
        self.reload(self.site.proxy)
        address = "user@example.org"
        self.wait_for_lookup(ALIASES, address, found(address))
        self.wait_for_status(_OK)
        self.site.write_config({ALIASES: self.site.mysql(ALIASES)})
        self.reload(self.site.sync)
        path = self.site.map_files["canonical_maps"]
        self.site.sync.wait_for_log(f"map {path}: not followed any more")
        # The proxy was not reloaded, and has it for an hour.
        self.assert_lookup(ALIASES, address, found(address))
        said = self.wait_for_status(_WARNING)
        self.assertIn(f"postmirror-proxy still serves map {path} of {ALIASES}", said)
        self.reload(self.site.proxy)
        self.wait_for_status(_OK)

    def test_a_new_parameter_that_the_proxy_does_not_know_is_named(self):
        self.wait_for_status(_OK)
        self.site.write_config({"canonical_maps": self.site.mysql("canonical_maps")})
        self.reload(self.site.sync)
        path = self.site.map_files["canonical_maps"]
        wait_until(
            lambda: f"map {path}\n  filled" in self.site.ctl("status").stdout,
            20,
            lambda: f"the map is filled: {self.site.ctl('status')}",
        )
        # Postfix would be told that there is no such parameter.
        said = self.wait_for_status(_WARNING)
        self.assertIn(
            f"postmirror-proxy does not serve map {path} of canonical_maps", said
        )
        self.reload(self.site.proxy)
        self.wait_for_status(_OK)

    def test_a_changed_query_is_followed(self):
        client = self.client()
        path = self.site.map_files[ALIASES]
        path.write_text(
            path.read_text().replace(
                "SELECT destination", "SELECT CONCAT('x-', destination)"
            )
        )
        self.reload(self.site.sync)
        wait_until(
            lambda: self.ask(client, ALIASES, ALIAS) == found("x-user@example.org"),
            20,
            lambda: f"the new query answers:\n{self.site.logs()}",
        )

    def test_a_setting_is_followed_by_open_connections(self):
        client = self.client()
        self.assertEqual(
            self.ask(client, MAILBOXES, "user-x@example.org"), NOT_FOUND
        )
        self.site.write_config({"recipient_delimiter": "-"})
        self.reload(self.site.proxy)
        self.assertEqual(
            self.ask(client, MAILBOXES, "user-x@example.org"), found("1")
        )

    def test_every_thread_follows(self):
        self.site.proxy.kill()
        self.site.write_config({"proxy_threads": 4})
        self.site.proxy.start()
        self.wait_for_lookup(ALIASES, ALIAS, found("user@example.org"))
        clients = [self.client() for _ in range(8)]
        self.site.write_config({"recipient_delimiter": "-"})
        self.reload(self.site.proxy)
        for client in clients:
            wait_until(
                lambda: self.ask(client, MAILBOXES, "user-x@example.org")
                == found("1"),
                20,
                lambda: "the thread follows",
            )

    def test_listeners_come_and_go_and_clients_stay(self):
        client = self.client()
        port = free_port()
        self.site.write_config(
            {
                "listen": " ".join(self.listen_entries(without=[DOMAINS]))
                + f" tcp:127.0.0.1:{port}:{DOMAINS}"
            }
        )
        self.reload(self.site.proxy)
        self.assertEqual(
            self.site.ask(f"tcp:127.0.0.1:{port}", "example.org"), found("1")
        )
        self.assertFalse(accepts_connections(self.site.ports[DOMAINS]))
        self.assertEqual(self.ask(client, DOMAINS, "example.org"), found("1"))

    def test_a_parameter_that_is_not_defined_any_more_is_temporary(self):
        client = self.client()
        self.site.write_config(
            {
                DOMAINS: None,
                "listen": " ".join(self.listen_entries(without=[DOMAINS])),
            }
        )
        self.reload(self.site.proxy)
        self.assertEqual(self.ask(client, DOMAINS, "example.org"), TEMPORARY)
        self.assertEqual(
            self.ask(client, ALIASES, ALIAS), found("user@example.org")
        )

    def test_a_wrong_configuration_is_not_taken_over(self):
        client = self.client()
        self.site.write_config({"max_shrink": "much", "recipient_delimiter": "-"})
        for daemon in (self.site.sync, self.site.proxy):
            with self.subTest(daemon=daemon.name):
                self.reload(daemon, "is not reloaded: the running configuration stays")
                self.assertRegex(
                    daemon.log(), rf"{self.site.config}:\d+: max_shrink: \"much\""
                )
        self.assertEqual(
            self.ask(client, MAILBOXES, "user+x@example.org"), found("1")
        )
        self.assert_sync_follows()

    def test_an_address_that_cannot_be_had_changes_nothing(self):
        client = self.client()
        self.site.write_config(
            {
                "listen": " ".join(self.listen_entries(without=[DOMAINS]))
                + f" tcp:127.0.0.1:{self.mariadb.port}:{DOMAINS}",
                "recipient_delimiter": "-",
            }
        )
        self.reload(self.site.proxy, "is not reloaded: the running configuration")
        self.assertIn("Address already in use", self.site.proxy.log())
        self.assert_lookup(DOMAINS, "example.org", found("1"))
        self.assertEqual(
            self.ask(client, MAILBOXES, "user+x@example.org"), found("1")
        )

    def test_an_emptied_file_is_not_taken_over(self):
        self.site.config.write_text("")
        for daemon in (self.site.sync, self.site.proxy):
            self.reload(daemon, "is not reloaded: the running configuration stays")
        self.assert_lookup(DOMAINS, "example.org", found("1"))
        self.assert_sync_follows()

    def test_store_and_threads_wait_for_a_restart(self):
        self.site.write_config({"store": self.folder / "other", "proxy_threads": 3})
        self.reload(self.site.proxy)
        self.reload(self.site.sync)
        for setting in ("store", "proxy_threads"):
            self.assertIn(
                f"{setting} is not changed by a reload", self.site.proxy.log()
            )
        self.assertIn("store is not changed by a reload", self.site.sync.log())
        self.assert_lookup(DOMAINS, "example.org", found("1"))
        self.assert_sync_follows()

    def test_during_an_outage_nothing_changes(self):
        client = self.client()
        self.mariadb.stop()
        for daemon in (self.site.sync, self.site.proxy):
            self.reload(daemon)
        self.assertEqual(
            self.ask(client, ALIASES, ALIAS), found("user@example.org")
        )
        self.assertEqual(self.ask(client, DOMAINS, "unknown.test"), NOT_FOUND)

    def assert_sync_follows(self):
        self.mariadb.run(
            "INSERT INTO virtual_domains (id, name) VALUES (90, 'new.test')"
        )
        self.wait_for_lookup(DOMAINS, "new.test", found("1"))


class PostfixComesLaterTest(E2eCase):
    """At first the machine has no user of that name; client_limit is reached."""

    settings = {"client_limit": "4"}

    def setUp(self):
        super().setUp()
        self.users = self.folder / "passwd"
        self.write_users(without="postfix:")
        script = f'mount --bind {self.users} /etc/passwd && exec "$@"'
        self.site.set_proxy(wrapper=("unshare", "--mount", "sh", "-c", script, "sh"))
        self.start_postmirror()

    def write_users(self, without):
        lines = pathlib.Path("/etc/passwd").read_text().splitlines(keepends=True)
        kept = [line for line in lines if not (without and line.startswith(without))]
        self.users.write_text("".join(kept))

    def ask_as(self, user):
        """Connects as that user, and leaves the connection open."""
        os.seteuid(pwd.getpwnam(user).pw_uid)
        try:
            client = SocketmapClient(self.site.unix_socket)
        finally:
            os.seteuid(0)
        self.addCleanup(client.close)
        return client.ask(ALIASES, [ALIAS])[ALIAS]

    def test_a_reload_knows_its_user(self):
        answer = found("user@example.org")
        for _ in range(4):
            # Those that have asked before may have to be seen to be gone.
            wait_until(lambda: self.ask_as("postfix") == answer, 20, self.site.logs)
        # It has more than its share, and makes room.
        self.assertEqual(self.ask_as("nobody"), answer)
        self.write_users(without=None)
        self.site.proxy.reload()
        self.site.proxy.wait_for_log("reloaded ")
        self.assertEqual(self.ask_as("postfix"), answer)
        self.assertEqual(self.ask_as("nobody"), TEMPORARY)


class UnconfiguredTest(E2eCase):
    def test_waits_says_what_to_do_and_is_configured_by_a_reload(self):
        whole = self.site.config.read_text()
        self.site.config.write_text(
            "recipient_delimiter = +\n"
            f"store = {self.site.store}\n"
            f"listen = socketmap:unix:{self.site.unix_socket}\n"
        )
        self.site.sync.start()
        self.site.proxy.start()
        for daemon in (self.site.sync, self.site.proxy):
            daemon.wait_for_log("no parameter is served, so that there is nothing")
        table = f"socketmap:unix:{self.site.unix_socket}:{DOMAINS}"
        self.assertEqual(self.site.ask(table, "example.org"), TEMPORARY)
        self.assertEqual(self.site.ask(table, "unknown.test"), TEMPORARY)
        status = self.site.ctl("status")
        self.assertEqual(status.returncode, 3, status)
        self.assertEqual(status.stderr, "")
        self.assertTrue(status.stdout.startswith("postmirror UNKNOWN: "), status)
        self.assertIn("no parameter is served", status.stdout)
        status = self.site.ctl("status", "--json")
        self.assertEqual(status.returncode, 3, status)
        self.assertEqual(json.loads(status.stdout)["health"], "unknown")
        for daemon in ("postmirror-sync", "postmirror-proxy"):
            with self.subTest(daemon=daemon):
                self.assertEqual(self.check(daemon), 78)
        self.site.config.write_text(whole)
        self.site.sync.reload()
        self.site.proxy.reload()
        self.wait_for_lookup(DOMAINS, "example.org", found("1"))
        self.wait_for_lookup(DOMAINS, "unknown.test", NOT_FOUND)

    def check(self, program):
        return run_program(program, "--config", self.site.config, "--check").returncode


if __name__ == "__main__":
    unittest.main()
