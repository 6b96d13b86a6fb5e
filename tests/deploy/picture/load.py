"""Lookups as Postfix makes them for each mail, over both protocols, more and fewer as
time goes by."""

import math
import random
import socket
import threading
import time

from support.site import ALIASES, DOMAINS, MAILBOXES
from support.socketmap import SocketmapClient

MAIL_DOMAINS = 40
MAILBOX_COUNT = 20_000
ALIAS_COUNT = 10_000

_MAILS_A_SECOND = {"socketmap": 600, "tcp_table": 200}
_PAUSE_SECONDS = 0.05
_SWING_SECONDS = 70  # from one crest to the next


def domain(number):
    return f"mail{1 + number % MAIL_DOMAINS}.test"


class TcpTableClient:
    """A client of tcp_table(5) with one connection for each parameter."""

    def __init__(self, ports):
        self._sockets = {
            name: socket.create_connection(("127.0.0.1", port), timeout=20)
            for name, port in ports.items()
        }

    def ask(self, parameter, keys):
        """Asks key by key, as Postfix does."""
        connection = self._sockets[parameter]
        for key in keys:
            connection.sendall(f"get {key}\n".encode())
            reply = b""
            while not reply.endswith(b"\n"):
                reply += connection.recv(4096)

    def close(self):
        for each in self._sockets.values():
            each.close()


class Load:
    """Goes on in threads until it is closed."""

    def __init__(self, site):
        self._stop = threading.Event()
        ports = {name: site.ports[name] for name in (DOMAINS, MAILBOXES, ALIASES)}
        clients = {
            "socketmap": SocketmapClient(site.unix_socket),
            "tcp_table": TcpTableClient(ports),
        }
        self._threads = [
            threading.Thread(
                target=self._ask_until_stopped,
                args=(client, _MAILS_A_SECOND[name]),
                daemon=True,
            )
            for name, client in clients.items()
        ]
        for thread in self._threads:
            thread.start()

    def close(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask_until_stopped(self, client, mails_a_second):
        chance = random.Random(mails_a_second)
        while not self._stop.wait(_PAUSE_SECONDS):
            swing = math.sin(2 * math.pi * time.monotonic() / _SWING_SECONDS)
            mails = mails_a_second * _PAUSE_SECONDS * (1 + swing / 3)
            recipients = [
                _recipient(chance)
                for _ in range(round(mails * chance.uniform(0.8, 1.2)))
            ]
            client.ask(DOMAINS, [each.partition("@")[2] for each in recipients])
            client.ask(ALIASES, recipients)
            client.ask(MAILBOXES, recipients)
        client.close()


def _recipient(chance):
    """Returns an address as mail comes for: a mailbox, an alias, or unknown."""
    kind = chance.random()
    if kind < 0.6:
        number = chance.randint(1, MAILBOX_COUNT)
        return f"box{number}@{domain(number)}"
    if kind < 0.9:
        number = chance.randint(1, ALIAS_COUNT)
        return f"alias{number}@{domain(number)}"
    return f"nobody{chance.randint(1, 10**6)}@{domain(1)}"
