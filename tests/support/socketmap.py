"""A client of socketmap_table(5) that asks many keys over one connection.

    with SocketmapClient(site.unix_socket) as client:
        client.ask("virtual_alias_maps", ["info@example.org"])
"""

import socket

from support.postmap import NOT_FOUND, TEMPORARY, found
from support.proxy_client import ProxyClient

# Few enough that neither side waits for the other to read.
_KEYS_AT_ONCE = 100


class SocketmapClient(ProxyClient):
    """The address is (host, port), or the path of a unix socket."""

    def __init__(self, address, timeout=20):
        is_path = not isinstance(address, tuple)
        connected = socket.socket(socket.AF_UNIX if is_path else socket.AF_INET)
        connected.settimeout(timeout)
        try:
            connected.connect(str(address) if is_path else address)
        except OSError:
            connected.close()
            raise
        super().__init__(connected)

    def ask(self, parameter, keys):
        """Returns the Outcome of each key."""
        keys = list(keys)
        outcomes = {}
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            some = keys[start : start + _KEYS_AT_ONCE]
            requests = (f"{parameter} {key}".encode() for key in some)
            self._socket.sendall(b"".join(b"%d:%s," % (len(r), r) for r in requests))
            outcomes.update((key, self._read_outcome()) for key in some)
        return outcomes

    def ask_and_begin(self, parameter, key):
        """Returns the Outcome of the key; the same request is under way again then, so
        that this client makes no room for another one."""
        request = f"{parameter} {key}".encode()
        netstring = b"%d:%s," % (len(request), request)
        self._socket.sendall(netstring + netstring[:-1])
        return self._read_outcome()

    def _read_outcome(self):
        size = b""
        while not size.endswith(b":"):
            size += self._read(1)
        reply = self._read(int(size[:-1]) + 1)[:-1].decode()
        status, _, text = reply.partition(" ")
        if status == "OK":
            return found(text)
        if status == "NOTFOUND":
            return NOT_FOUND
        if status == "TEMP":
            return TEMPORARY
        raise AssertionError(f"no reply of socketmap_table(5): {reply!r}")

    def _read(self, size):
        bytes_read = self._replies.read(size)
        if len(bytes_read) != size:
            raise ConnectionError("the proxy closed the connection")
        return bytes_read
