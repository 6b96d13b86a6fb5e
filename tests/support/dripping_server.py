"""Somebody who answers in MariaDB's place as slowly as he can: a byte now and then, so
that no single read of the client is late.

    server = DrippingServer("greeting")
    server.start()
    server.wait_until_dripping()
    server.close()
"""

import contextlib
import threading

from support.rogue_server import RogueServer, packet
from support.waiting import wait_until

# Between two bytes; tests have a read_timeout of 2 s.
_PAUSE_SECONDS = 0.4
# Of a packet that never ends.
_LONG = 1 << 16
# A TLS record, a ServerHello of 15 KiB.
_TLS_HELLO = b"\x16\x03\x03\x3c\x00\x02\x00\x3b\xfc"

# Where it begins: in the greeting, in the reply to the log-on, inside of the
# handshake of TLS, in the answer to a question.
PHASES = ("greeting", "log-on", "TLS", "answer")


class DrippingServer(RogueServer):
    """`phase` is one of PHASES; that of TLS needs a certificate."""

    def __init__(self, phase, **arguments):
        super().__init__(**arguments)
        self._phase = phase
        self._dripping = 0
        self._closed = threading.Event()
        if phase == "answer":
            self.row = ("1",)

    def close(self):
        self._closed.set()
        super().close()

    def wait_until_dripping(self):
        """Waits until it has held a client."""
        wait_until(lambda: self._dripping > 0, 30, "it drips")

    def talk(self, client, got):
        if self._phase == "greeting":
            self._drip(client, packet(0, self.greeting()))
        client.sendall(packet(0, self.greeting()))
        number = self.read(client, got)
        if number is None:
            return  # it has gone
        if self._phase == "TLS":
            self._drip(client, _TLS_HELLO)
        if self._phase == "log-on":
            self._drip(client, packet(number + 1, bytes(_LONG)))
        client.sendall(packet(number + 1, b"\0\0\0\2\0\0\0"))
        self.answer(client, got)

    def answer_question(self, client, number):
        self._drip(client, packet(number + 1, bytes(_LONG)))

    def _drip(self, client, begin):
        """Sends the bytes, and zeros behind them, until one of both has had enough."""
        self._dripping += 1
        with contextlib.suppress(OSError):
            for byte in begin + bytes(1 << 16):
                client.sendall(bytes([byte]))
                if self._closed.wait(_PAUSE_SECONDS):
                    break
        raise ConnectionError("one of both is gone")
