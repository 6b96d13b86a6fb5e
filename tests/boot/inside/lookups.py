"""Asks the proxy without end over many connections, inside the machine.

    lookups.py HELD ANEW        # connections of each protocol

HELD connections stay open, ANEW others are made for each lookup. Each line read from
the standard input is a command, answered by one line:

    mark      forgets what was counted; answered "{}"
    counts    what was counted since, as JSON by protocol

A lookup has failed if its reply is not the expected one, if its connection was
refused or closed, or if none came within a time after which a client gives up.
"""

import asyncio
import dataclasses
import itertools
import json
import sys
import time

_REPLY_SECONDS = 30
_PAUSE_SECONDS = 0.005  # between a client's lookups: 120 of them have one core
_MAX_NOTES = 5

# Of the sample data: parameter, key, the value or None for not found.
_LOOKUPS = (
    ("virtual_mailbox_domains", "example.org", "1"),
    ("virtual_mailbox_domains", "example.com", None),
    ("virtual_mailbox_maps", "john@example.org", "1"),
    ("virtual_mailbox_maps", "John+Lists@Example.org", "1"),
    ("virtual_mailbox_maps", "nobody@example.org", None),
    ("virtual_alias_maps", "contact@example.org", "info@example.org"),
    ("virtual_alias_maps", "press+May@example.org", "news+May@example.com"),
    ("virtual_alias_maps", "nobody@example.org", None),
    ("virtual_alias_maps", "anybody@example.net", "office@example.net"),
)
_TCP_PORTS = {
    "virtual_mailbox_domains": 10040,
    "virtual_mailbox_maps": 10041,
    "virtual_alias_maps": 10042,
}
_SOCKETMAP_PORT = 10043
_SOCKETMAP_PATH = "/var/spool/postfix/postmirror/maps"


class TcpTable:
    """tcp_table(5): a port has one parameter."""

    protocol = "tcp_table"

    def __init__(self, parameter):
        self.lookups = [each for each in _LOOKUPS if each[0] == parameter]
        self._port = _TCP_PORTS[parameter]

    async def connect(self):
        return await asyncio.open_connection("127.0.0.1", self._port)

    def request(self, parameter, key):
        return f"get {key}\n".encode()

    async def read_reply(self, reader):
        return (await reader.readuntil(b"\n")).decode().rstrip("\n")

    def expected(self, value):
        return "500 " if value is None else f"200 {value}"


class Socketmap:
    """socketmap_table(5), over TCP or over the unix socket."""

    protocol = "socketmap"
    lookups = list(_LOOKUPS)

    def __init__(self, path):
        self._path = path

    async def connect(self):
        if self._path:
            return await asyncio.open_unix_connection(self._path)
        return await asyncio.open_connection("127.0.0.1", _SOCKETMAP_PORT)

    def request(self, parameter, key):
        text = f"{parameter} {key}".encode()
        return b"%d:%s," % (len(text), text)

    async def read_reply(self, reader):
        size = (await reader.readuntil(b":"))[:-1]
        return (await reader.readexactly(int(size) + 1))[:-1].decode()

    def expected(self, value):
        return "NOTFOUND " if value is None else f"OK {value}"


@dataclasses.dataclass
class Counts:
    lookups: int = 0
    connections: int = 0  # made of those that stay
    failures: int = 0
    slowest: float = 0.0  # seconds
    notes: list = dataclasses.field(default_factory=list)

    def be_slow(self, seconds):
        self.slowest = max(self.slowest, seconds)

    def fail(self, note):
        self.failures += 1
        if len(self.notes) < _MAX_NOTES:
            self.notes.append(note)


class Clients:
    """All connections, and what they have counted since the last mark."""

    def __init__(self):
        self._tasks = []
        self._under_way = {}  # by client: protocol and start of its lookup
        self.mark()

    def mark(self):
        self._counts = {"tcp_table": Counts(), "socketmap": Counts()}

    def counts(self):
        """Returns what to print; a lookup under way is as slow as it is old."""
        now = time.monotonic()
        for protocol, started in self._under_way.values():
            self._counts[protocol].be_slow(now - started)
        return {name: dataclasses.asdict(each) for name, each in self._counts.items()}

    def start(self, endpoints, held, anew):
        """Starts `held` and `anew` clients of these endpoints, in turn."""
        turn = itertools.cycle(endpoints)
        for stays in [True] * held + [False] * anew:
            client = self._ask_for_ever(next(turn), stays)
            self._tasks.append(asyncio.create_task(client))

    async def _ask_for_ever(self, endpoint, stays):
        client = object()
        connection = None
        for lookup in itertools.cycle(endpoint.lookups):
            started = time.monotonic()
            self._under_way[client] = (endpoint.protocol, started)
            note = ""
            try:
                async with asyncio.timeout(_REPLY_SECONDS):
                    if connection is None:
                        connection = await endpoint.connect()
                        self._counts[endpoint.protocol].connections += stays
                    note = await _ask(endpoint, connection, lookup)
            except (OSError, EOFError) as error:  # TimeoutError is an OSError
                note = repr(error)
            del self._under_way[client]
            self._note(endpoint, lookup, time.monotonic() - started, note)
            if connection and (note or not stays):
                connection[1].close()
                connection = None
            await asyncio.sleep(_PAUSE_SECONDS)

    def _note(self, endpoint, lookup, seconds, note):
        counts = self._counts[endpoint.protocol]
        counts.lookups += 1
        counts.be_slow(seconds)
        if note:
            parameter, key, _ = lookup
            counts.fail(f"{endpoint.protocol} {parameter} {key}: {note}")


async def _ask(endpoint, connection, lookup):
    """Returns what is wrong with the reply, or nothing."""
    reader, writer = connection
    parameter, key, value = lookup
    writer.write(endpoint.request(parameter, key))
    reply = await endpoint.read_reply(reader)
    expected = endpoint.expected(value)
    if value is None:  # only the status counts
        right = reply.startswith(expected)
    else:
        right = reply == expected
    return "" if right else f"replied {reply!r}"


async def _standard_input():
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    return reader


async def main(held, anew):
    clients = Clients()
    clients.start([TcpTable(each) for each in _TCP_PORTS], held, anew)
    clients.start([Socketmap(None), Socketmap(_SOCKETMAP_PATH)], held, anew)
    async for line in await _standard_input():
        if line == b"mark\n":
            clients.mark()
            print("{}", flush=True)
        else:
            print(json.dumps(clients.counts()), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
