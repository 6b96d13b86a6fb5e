"""A client of tcp_table(5) that keeps one connection.

    with TcpTableClient(port) as client:
        client.outcome("info@example.org")
"""

import socket
import urllib.parse

from support.postmap import NOT_FOUND, TEMPORARY, found
from support.proxy_client import ProxyClient


class TcpTableClient(ProxyClient):
    """One connection to a port of 127.0.0.1."""

    def __init__(self, port, timeout=20):
        super().__init__(socket.create_connection(("127.0.0.1", port), timeout))

    def send(self, text):
        self._socket.sendall(text.encode())

    def reply(self):
        """Returns the next line; empty at the connection's end."""
        return self._replies.readline().decode()

    def ask(self, key):
        """Returns the reply to a key, which is sent as it stands."""
        self.send(f"get {key}\n")
        return self.reply()

    def outcome(self, key):
        """Returns the Outcome of a key."""
        reply = self.ask(urllib.parse.quote(key, safe="@+"))
        code, _, text = reply.removesuffix("\n").partition(" ")
        if code == "200":
            return found(urllib.parse.unquote(text))
        if code == "500":
            return NOT_FOUND
        if code == "400":
            return TEMPORARY
        if not reply:
            raise ConnectionError("the proxy closed the connection")
        raise AssertionError(f"no reply of tcp_table(5): {reply!r}")
