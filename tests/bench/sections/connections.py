"""What an idle connection costs the proxy in memory."""

import contextlib

from measuring import markdown
from measuring.goals import Goal
from measuring.mirror import open_mirror
from measuring.process import own_memory
from support.postmap import found
from support.site import ALIASES
from support.socketmap import SocketmapClient

NAME = "connections"
TITLE = "Idle connections"

_ROWS = 10_000
_CONNECTIONS, _QUICK_CONNECTIONS = 4000, 1000
_WARM_UP_KEYS = 1000
_LIMIT_BYTES = 1024

_TEXT = """\
{connections} connections over a unix socket, each of which has asked once and then \
waits, as Postfix's do: {each} bytes of the proxy's memory each, beside the kernel's. \
Without them the proxy has {alone} KiB of its own, up to 32,768 of them for kept replies.
"""


def measure(bench):
    """Returns the proxy's own memory before and after."""
    count = _QUICK_CONNECTIONS if bench.quick else _CONNECTIONS
    with open_mirror(bench.folder / NAME, bench.database(_ROWS)) as mirror:
        site = mirror.site
        entries = mirror.first_entries(_WARM_UP_KEYS)
        key, value = entries[0]
        with contextlib.ExitStack() as stack:

            def connect():
                client = SocketmapClient(site.unix_socket)
                stack.callback(client.close)
                reply = client.ask(ALIASES, [key])
                assert reply == {key: found(value)}, f"{reply}"

            # What the first connections and keys need is for all of them.
            for _ in range(10):
                connect()
            with SocketmapClient(site.unix_socket) as client:
                client.ask(ALIASES, [each for each, _ in entries])
            before = own_memory(site.proxy.pid)
            for _ in range(count):
                connect()
            after = own_memory(site.proxy.pid)
    return {"connections": count, "before": before, "after": after}


def render(results):
    """Returns the section of the report."""
    return _TEXT.format(
        connections=results["connections"],
        each=markdown.digits(_bytes_each(results)),
        alone=markdown.digits(results["before"] / 1024),
    )


def goals(results):
    """Returns the goal for the memory of a connection."""
    yield Goal("memory of an idle connection", _LIMIT_BYTES, _bytes_each(results), "B")


def _bytes_each(results):
    return (results["after"] - results["before"]) / results["connections"]
