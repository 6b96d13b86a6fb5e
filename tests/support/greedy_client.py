"""A local user who opens connections to the proxy without end, in a process of its own.

    # The address is (host, port), or a path.
    with GreedyClient("idle", "socketmap", address) as greedy:
        greedy.wait_for_connections(1000)

The kinds: "idle" asks nothing, "drip" begins a request and sends a byte of one now and
then, "deaf" asks and never reads a reply. The connections stay open for as long as the
proxy and the limit of open files allow.
"""

import inspect
import subprocess

from support.waiting import wait_until


class GreedyClient:
    def __init__(self, kind, protocol, address):
        where = address if isinstance(address, tuple) else [address]
        # As text, and the system's Python: that user need not get in where the tree,
        # or another Python, is.
        program = inspect.getsource(_attack) + "import sys\n_attack(*sys.argv[1:])\n"
        self._process = subprocess.Popen(
            ["python3", "-c", program, kind, protocol, *map(str, where)],
            user="nobody",
            group="nogroup",
            extra_groups=[],
            cwd="/",
            env={},
            stdout=subprocess.PIPE,
            text=True,
        )
        self._connections = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def wait_for_connections(self, more):
        """Waits until it has opened so many more."""
        goal = self._connections + more
        wait_until(lambda: self._read() >= goal, 60, f"{goal} connections are opened")

    def _read(self):
        line = self._process.stdout.readline()
        assert line, f"it has ended with {self._process.wait()}"
        self._connections = int(line)
        return self._connections


def _attack(kind, protocol, host, port=None):
    import collections
    import resource
    import socket

    family, address = socket.AF_UNIX, host
    if port is not None:
        family, address = socket.AF_INET, (host, int(port))
    if protocol == "socketmap":
        begun, question = b"90000:v", b"35:virtual_alias_maps info@example.org,"
    else:
        begun, question = b"get v", b"get info@example.org\n"
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 20
    held = collections.deque()
    opened = 0
    while True:
        if len(held) >= most:
            held.popleft().close()
        client = socket.socket(family)
        client.settimeout(5)
        try:
            client.connect(address)
            client.setblocking(False)
            if kind == "drip":
                client.send(begun)
            if kind == "deaf":
                client.send(question * 20000)
        except OSError:
            client.close()
            continue
        held.append(client)
        opened += 1
        if kind == "drip":
            try:
                held[opened % len(held)].send(b"x")
            except OSError:
                pass  # the proxy has closed that one
        if opened % 20 == 0:
            print(opened, flush=True)
