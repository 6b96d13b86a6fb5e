"""A network between a client and a server on 127.0.0.1, which can fail.

    relay = Relay(server.port)      # clients connect to relay.port
    relay.stall()                   # the network is cut, in silence
    relay.flow()                    # and healed: what was sent on arrives
    relay.stall_results(100_000)    # what is longer than so many bytes stops there
    relay.drip_from(b"text")        # from that text on a byte at a time reaches clients
    relay.drip_binlog(450)          # behind so many bytes of the binlog
    relay.forget()                  # old connections are dead, and nobody is told
    relay.cut()                     # old connections are reset
    relay.refuse(); relay.accept()  # nobody listens; somebody does again
    relay.close()
"""

import socket
import struct
import threading

from support.ports import free_port

TO_SERVER, TO_CLIENT = "to server", "to client"
# Between two bytes; tests have a read_timeout of 2 s.
_DRIP_SECONDS = 0.4
# The number of the packet, and the command.
_BINLOG_DUMP = b"\x00\x12"
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, no time, which resets


class _Connection:
    """Two sockets and a thread for each direction between them."""

    def __init__(self, client, server, relay):
        self._sockets = (client, server)
        self._relay = relay
        self.forgotten = False
        self._since_request = 0  # bytes to the client
        self._has_binlog = False
        for each in self._sockets:
            # Else a small piece waits until the larger one before it is acknowledged,
            # which the other side delays.
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for direction, source, sink in (
            (TO_SERVER, client, server),
            (TO_CLIENT, server, client),
        ):
            threading.Thread(
                target=self._pump, args=(direction, source, sink), daemon=True
            ).start()

    def reset(self):
        for each in self._sockets:
            try:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                # Wakes the thread that reads, and sends nothing yet.
                each.shutdown(socket.SHUT_RD)
            except OSError:
                pass  # it has ended already
            each.close()

    def _pump(self, direction, source, sink):
        try:
            # The end of the stream is news for the other side like any other.
            while data := source.recv(65536):
                self._count(direction, len(data))
                if not self._may_pass(direction):
                    return
                start = self._start_of_drip(direction, data)
                if start is None:
                    sink.sendall(data)
                else:
                    self._relay.drip(data, start, sink)
            if self._may_pass(direction):
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            if self._may_pass(direction):
                self.reset()

    def _start_of_drip(self, direction, data):
        """Returns where in the data the server becomes slow, or None."""
        if direction == TO_SERVER:
            if data[3:5] == _BINLOG_DUMP:
                self._has_binlog = True
            return None
        if self._has_binlog and self._relay.binlog_bytes is not None:
            start = self._relay.binlog_bytes - (self._since_request - len(data))
            return start if start < len(data) else None
        text = self._relay.slow_text
        return data.index(text) if text is not None and text in data else None

    def is_too_long(self, direction, limit):
        """Whether what goes to the client is a result longer than that."""
        return direction == TO_CLIENT and limit and self._since_request > limit

    def _count(self, direction, size):
        self._since_request = (
            self._since_request + size if direction == TO_CLIENT else 0
        )

    def _may_pass(self, direction):
        """Waits while the network is cut; false: never again."""
        self._relay.wait_for_flow(direction, self)
        return not self.forgotten


class Relay:
    def __init__(self, server_port):
        self.port = free_port()
        self._server_port = server_port
        self._changed = threading.Condition()
        self._stalled = set()
        self._longest_result = None
        self.slow_text = None
        self.binlog_bytes = None
        self.dripping = 0  # answers that became slow
        self._connections = []
        self.accepted = 0  # connections so far
        self._listener = None
        self.accept()

    def stall(self, *directions):
        """Lets nothing pass, in one direction or both; nobody is told. Clients can
        connect, as they can to a server that is frozen."""
        self._set_stalled(set(directions or (TO_SERVER, TO_CLIENT)))

    def stall_results(self, longest):
        """Lets no more of an answer of the server pass than so many bytes; a short one
        passes. Nobody is told."""
        with self._changed:
            self._longest_result = longest

    def drip_from(self, text):
        """An answer of the server that has this text passes a byte at a time from
        there on, so slowly that it never ends."""
        self.slow_text = text

    def drip_binlog(self, start):
        """The same for the binlog, behind so many bytes of it."""
        self.binlog_bytes = start

    def drip(self, data, start, sink):
        """Sends the data, which drips from there on."""
        self.dripping += 1
        sink.sendall(data[:start])
        never = threading.Event()
        for byte in data[start:] + bytes(1 << 16):
            sink.sendall(bytes([byte]))
            never.wait(_DRIP_SECONDS)

    def flow(self):
        """Lets everything pass again, what was sent meanwhile first."""
        with self._changed:
            self._longest_result = None
        self._set_stalled(set())

    def forget(self):
        """Lets nothing pass on the connections there are, ever; new ones work."""
        with self._changed:
            for each in self._connections:
                each.forgotten = True
            self._changed.notify_all()

    def cut(self):
        """Resets the connections there are; new ones work."""
        for each in self._take_connections():
            each.reset()

    def refuse(self):
        """Resets the connections there are and takes no new ones."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            listener.close()
        self.cut()

    def accept(self):
        """Takes connections again."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(
            target=self._accept_until_closed, args=(self._listener,), daemon=True
        ).start()

    def close(self):
        """Ends every connection and every thread."""
        self.refuse()
        self.flow()

    def wait_for_flow(self, direction, connection):
        with self._changed:
            self._changed.wait_for(
                lambda: connection.forgotten
                or not (
                    direction in self._stalled
                    or connection.is_too_long(direction, self._longest_result)
                )
            )

    def _set_stalled(self, directions):
        with self._changed:
            self._stalled = directions
            self._changed.notify_all()

    def _take_connections(self):
        with self._changed:
            connections, self._connections = self._connections, []
            for each in connections:
                each.forgotten = True
            self._changed.notify_all()
        return connections

    def _accept_until_closed(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return  # closed
            try:
                server = socket.create_connection(("127.0.0.1", self._server_port))
            except OSError:
                client.close()
                continue
            self._keep(listener, _Connection(client, server, self))

    def _keep(self, listener, connection):
        with self._changed:
            if self._listener is listener:
                self.accepted += 1
                self._connections.append(connection)
                return
            connection.forgotten = True
        connection.reset()  # refused while it was being made
