"""Another user of the machine opens connections without end, to one listener after the
other: a Postfix that asks over the unix socket notices nothing."""

import subprocess
import unittest

from support.e2e_case import E2eCase
from support.greedy_client import GreedyClient
from support.postmap import found
from support.site import ALIASES, DOMAINS
from support.smtp import send_mail
from support.socketmap import SocketmapClient
from support.waiting import wait_until

_LIMIT = 40
_KINDS = ("idle", "drip", "deaf")
_SESSIONS = 5


class GreedyClientTest(E2eCase):
    settings = {"client_limit": str(_LIMIT)}

    def assert_mail_flows(self, protocol, address):
        self.start_postmirror()
        # Each session, and each mail, has processes that connect anew.
        lines = {**self.site.main_cf("socketmap-unix"), "max_use": "1"}
        postfix = self.start_postfix(lines)
        for kind in _KINDS:
            greedy = GreedyClient(kind, protocol, address)
            with self.subTest(kind=kind), greedy:
                greedy.wait_for_connections(3 * _LIMIT)
                for _ in range(_SESSIONS):
                    answer = send_mail(postfix.port, "info@example.org")
                    self.assertEqual(str(answer), "250 2.0.0", answer.text)
                    answer = send_mail(postfix.port, "unknown@example.org")
                    self.assertEqual(str(answer), "550 5.1.1", answer.text)
                greedy.wait_for_connections(_LIMIT)  # it is still at it
        self.assertIn(f"client_limit of {_LIMIT} is reached", self.site.proxy.log())

    def test_over_the_unix_socket(self):
        self.assert_mail_flows("socketmap", self.site.unix_socket)

    def test_over_socketmap_of_tcp(self):
        port = self.site.ports["socketmap"]
        self.assert_mail_flows("socketmap", ("127.0.0.1", port))

    def test_over_tcp_table(self):
        port = self.site.ports[ALIASES]
        self.assert_mail_flows("tcp_table", ("127.0.0.1", port))


class SmallLimitTest(E2eCase):
    """Fewer connections than Postfix holds by itself, for a small client_limit, or for
    few open files, which lower it."""

    settings = {"client_limit": "2"}

    def test_postfix_makes_room_for_itself(self):
        self.start_postmirror()
        postfix = self.start_postfix(self.site.main_cf("socketmap-unix"))
        for _ in range(_SESSIONS):
            answer = send_mail(postfix.port, "info@example.org")
            self.assertEqual(str(answer), "250 2.0.0", answer.text)
            answer = send_mail(postfix.port, "unknown@example.org")
            self.assertEqual(str(answer), "550 5.1.1", answer.text)
        wait_until(
            lambda: "idle connections closed" in self.site.proxy.log(),
            20,
            lambda: f"the limit is reached:\n{self.site.proxy.log()}",
        )
        self.assertNotIn("turned away", self.site.proxy.log())

    def test_root_makes_room_for_itself(self):
        self.start_postmirror()
        clients = []
        for _ in range(4 * int(self.settings["client_limit"])):
            clients.append(SocketmapClient(self.site.unix_socket))
            self.addCleanup(clients[-1].close)
            answer = clients[-1].ask(DOMAINS, ["example.org"])
            self.assertEqual(answer, {"example.org": found("1")})
        with self.assertRaises(OSError):  # it has made room
            clients[0].ask(DOMAINS, ["example.org"])
        self.assertNotIn("turned away", self.site.proxy.log())


class UserNamespaceTest(E2eCase):
    """A proxy that runs in a user namespace, as PrivateUsers=yes makes one."""

    def ask_as(self, user):
        """Returns what a user is answered over the unix socket, as it is sent."""
        program = (
            "import socket, sys; s = socket.socket(socket.AF_UNIX);"
            "s.connect(sys.argv[1]); s.settimeout(20);"
            "s.sendall(b'35:virtual_alias_maps info@example.org,');"
            "print(s.recv(1000).decode())"
        )
        return subprocess.run(
            ["python3", "-c", program, self.site.unix_socket],
            user=user,
            extra_groups=[],
            cwd="/",
            stdout=subprocess.PIPE,
            text=True,
            timeout=60,
        ).stdout.strip()

    def test_a_user_who_cannot_be_told_is_answered_temporarily(self):
        self.site.set_proxy(wrapper=("unshare", "--user", "--map-root-user"))
        self.start_postmirror()
        self.assertIn("OK ", self.ask_as("root"))
        self.assertIn("TEMP the user of this connection", self.ask_as("nobody"))
        self.assertIn("TEMP the user of this connection", self.ask_as("postfix"))
        wait_until(
            lambda: "uid 65534 stands for every user" in self.site.proxy.log(),
            20,
            self.site.proxy.log,
        )

    def test_nobody_is_a_user_as_any_other(self):
        self.start_postmirror()
        for user in ("root", "nobody", "postfix"):
            self.assertIn("OK ", self.ask_as(user))
        self.assertNotIn("stands for every user", self.site.proxy.log())


if __name__ == "__main__":
    unittest.main()
