"""Where all mail of the Postfix under test ends: a server that takes every mail
and remembers for whom it was.

What it receives are the final recipients: after aliases, catch-alls and
extensions. A mail is known by its envelope sender, which each test makes unique.
"""

import collections
import socketserver
import threading


class LmtpSink:
    """Listens on a free port of 127.0.0.1 from its making until close()."""

    def __init__(self):
        self._recipients = collections.defaultdict(list)
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Session)
        self._server.sink = self
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def recipients(self, sender):
        """Returns the final recipients of the mail from `sender`, sorted."""
        with self._lock:
            return sorted(self._recipients[sender])

    def deliver(self, sender, recipients):
        """Called by a session for a mail that it has taken."""
        with self._lock:
            self._recipients[sender].extend(recipients)

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class _Session(socketserver.StreamRequestHandler):
    """LMTP (RFC 2033), as much of it as Postfix speaks."""

    def handle(self):
        try:
            self._speak()
        except ConnectionResetError:
            pass  # a Postfix that was killed says no goodbye

    def _speak(self):
        sender, recipients = "", []
        self._reply("220 sink.test.invalid LMTP")
        while line := self.rfile.readline():
            verb = line.split(b" ")[0].strip().upper()
            if verb == b"MAIL":
                sender, recipients = _address(line), []
                self._reply("250 2.1.0 Ok")
            elif verb == b"RCPT":
                recipients.append(_address(line))
                self._reply("250 2.1.5 Ok")
            elif verb == b"DATA":
                self._reply("354 End data with a dot")
                self._read_message()
                self.server.sink.deliver(sender, recipients)
                for _ in recipients:  # one reply for each recipient
                    self._reply("250 2.0.0 Taken")
            elif verb == b"QUIT":
                self._reply("221 2.0.0 Bye")
                return
            elif verb == b"LHLO":
                self._reply("250-sink.test.invalid")
                self._reply("250 SMTPUTF8")
            else:
                self._reply("250 2.0.0 Ok")

    def _reply(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def _read_message(self):
        while self.rfile.readline() not in (b".\r\n", b""):
            pass


def _address(line):
    text = line.decode("utf-8", "surrogateescape")
    return text[text.index("<") + 1 : text.rindex(">")]
