"""Somebody who answers in MariaDB's place, and keeps all that he is sent.

    rogue = RogueServer()
    rogue.switch_to = "mysql_clear_password"
    rogue.start()
    rogue.wait_for_clients(2)
    rogue.received()        # bytes, by client
    rogue.row = (None, b"a")  # instead: takes any password, and answers with this
    rogue.close()
"""

import contextlib
import socket
import ssl
import struct
import threading

from support.ports import free_port
from support.waiting import wait_until

_SSL = 1 << 11  # CLIENT_SSL
# What MariaDB 10.11 says it can, without TLS and compression.
_CAPABILITIES = 0x81BFF7DF & ~_SSL
_OK = b"\0\0\0\2\0\0\0"
_EOF = b"\xfe\0\0\2\0"
_SCRAMBLE = b"12345678", b"abcdefghijkl"
_SECONDS = 10


def _result(row):
    """Returns the payloads of a result of one row; NULL is None."""
    if not row:
        return [_OK]
    kind = struct.pack("<BHIBHBH", 12, 45, 255, 0xFD, 0, 0, 0)
    column = b"\3def\0\0\0\1c\0" + kind
    values = (b"\xfb" if each is None else bytes([len(each)]) + each for each in row)
    return [bytes([len(row)]), *[column] * len(row), _EOF, b"".join(values), _EOF]


def packet(number, payload):
    return struct.pack("<I", len(payload))[:3] + bytes([number % 256]) + payload


class RogueServer:
    """`certificate` is (certificate, key): with it TLS is offered. A `greeting_plugin`
    is named in the greeting, `switch_to` is asked for once the client has answered;
    the empty text stands for the request of MySQL 4.0. With a `row`, of fewer than 251
    columns, any password is taken, and that is what each statement is answered with;
    none of them is no result."""

    def __init__(self, host="127.0.0.1", certificate=None, port=None):
        self.host = host
        self.port = port or free_port()
        self.greeting_plugin = "mysql_native_password"
        self.switch_to = None
        self.row = None
        self._tls = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(*certificate)
        self._received = []
        self._ended = 0
        self._listener = None

    def start(self):
        self._listener = socket.create_server((self.host, self.port), backlog=64)
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        if self._listener is not None:
            # A thread that waits in accept() holds the socket otherwise.
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    def received(self):
        """Returns what each client has sent, TLS taken off where there was any."""
        return [bytes(each) for each in self._received]

    def wait_for_clients(self, count):
        """Waits until so many more have come and gone."""
        before = self._ended
        wait_until(
            lambda: self._ended >= before + count,
            60,
            lambda: f"{count} clients after {before}, but {self._ended}",
        )

    def _serve(self):
        listener = self._listener
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            got = bytearray()
            self._received.append(got)
            client.settimeout(_SECONDS)
            with client, contextlib.suppress(OSError):
                self.talk(client, got)
            self._ended += 1

    def talk(self, client, got):
        client.sendall(packet(0, self.greeting()))
        number = self.read(client, got)
        if self._tls is not None and number is not None:
            client = self._tls.wrap_socket(client, server_side=True)
            number = self.read(client, got)
        if number is not None and self.switch_to is not None:
            plugin = self.switch_to.encode()
            more = plugin + b"\0" + b"".join(_SCRAMBLE) + b"\0" if plugin else b""
            client.sendall(packet(number + 1, b"\xfe" + more))
        if number is not None and self.row is not None:
            client.sendall(packet(number + 1, _OK))
            self.answer(client, got)
            return
        while number is not None:
            number = self.read(client, got)
            if number is not None:
                client.sendall(packet(number + 1, b"\2password?"))

    def answer(self, client, got):
        while True:
            before = len(got)
            number = self.read(client, got)
            if number is None:
                return
            settled = got[before + 4 :].startswith((b"\2", b"\3SET "))
            if settled:
                client.sendall(packet(number + 1, _OK))
            else:
                self.answer_question(client, number)

    def answer_question(self, client, number):
        for payload in _result(self.row):
            number += 1
            client.sendall(packet(number, payload))

    def greeting(self):
        can = _CAPABILITIES | (_SSL if self._tls is not None else 0)
        first, second = _SCRAMBLE
        return (
            b"\x0a5.5.5-10.11.6-MariaDB\0"
            + struct.pack("<I", 7)
            + first
            + b"\0"
            + struct.pack("<HBHH", can & 0xFFFF, 45, 2, can >> 16)
            + bytes([len(first) + len(second) + 1])
            + bytes(10)
            + second
            + b"\0"
            + self.greeting_plugin.encode()
            + b"\0"
        )

    @staticmethod
    def read(client, got):
        """Returns the number of the next packet; None where there is none. Reads no
        more, since what comes next may be TLS."""
        missing = 4  # a packet's header
        whole = bytearray()
        while missing:
            part = client.recv(missing)
            got.extend(part)
            whole.extend(part)
            if not part:
                return None
            missing -= len(part)
            if len(whole) == 4:
                missing = int.from_bytes(whole[:3], "little")
        return whole[3]
