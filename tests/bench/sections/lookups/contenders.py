"""The servers that are asked, each on a core of its own, with the same entries.

    with Contenders(folder, mirror, entries) as contenders:
        contenders.all            # each a Contender, by name and transport

A contender is asked over "tcp" or "unix" by the load generator.
"""

import contextlib
import dataclasses
import itertools
import socket
import subprocess

from measuring.load import SERVER_CORE, Target
from support.ports import accepts_connections, accepts_unix_connections, free_port
from support.programs import program_path
from support.site import ALIASES
from support.waiting import wait_until

TRANSPORTS = ("tcp", "unix")
NULL, OURS, TCP_TABLE, MEMCACHED, REDIS = (
    "null server",
    "postmirror",
    "postmirror, tcp_table",
    "memcached",
    "Redis",
)

# Of the length of a usual reply of ours.
_FIXED_REPLY = "35:OK mailbox123456@office1234.example,"
# A batch of memcached's noreply commands, as large as its buffers make sense.
_LINES_A_WRITE = 10_000


@dataclasses.dataclass(frozen=True)
class Contender:
    """A server as it is reached over one transport."""

    name: str
    transport: str
    target: Target


class Contenders:
    """All of them, for a mirror that is filled, with its entries in those that have
    to be told."""

    def __init__(self, folder, mirror, entries):
        self._folder = folder
        self._mirror = mirror
        self._entries = entries
        self._stack = contextlib.ExitStack()
        self.all = []

    def __enter__(self):
        try:
            self._folder.mkdir()
            self._start_null_server()
            self._add_mirror()
            for transport in TRANSPORTS:
                self._start_memcached(transport)
            self._start_redis()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _add(self, name, protocol, pid, port=None, path=None):
        if port is not None:
            target = Target(protocol, f"inet:127.0.0.1:{port}", pid)
            self.all.append(Contender(name, "tcp", target))
        if path is not None:
            target = Target(protocol, f"unix:{path}", pid)
            self.all.append(Contender(name, "unix", target))

    def _start(self, name, *command):
        log = self._stack.enter_context(open(self._folder / f"{name}.log", "wb"))
        process = subprocess.Popen(
            ["taskset", "--cpu-list", str(SERVER_CORE), *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        self._stack.callback(_end, process)
        return process.pid

    def _start_null_server(self):
        port, path = free_port(), self._folder / "null"
        pid = self._start(
            "null_server",
            program_path("null_server"),
            _FIXED_REPLY,
            f"socketmap:inet:127.0.0.1:{port}",
            f"socketmap:unix:{path}",
        )
        _wait_for(port, path)
        self._add(NULL, f"null:{_FIXED_REPLY}", pid, port, path)

    def _add_mirror(self):
        site, pid = self._mirror.site, self._mirror.site.proxy.pid
        self._add(
            OURS, f"socketmap:{ALIASES}", pid, site.ports["socketmap"], site.unix_socket
        )
        self._add(TCP_TABLE, "tcp_table", pid, site.ports[ALIASES])

    def _start_memcached(self, transport):
        # One that listens on a unix socket listens on nothing else.
        port, path = free_port(), self._folder / "memcached"
        where = ("-l", "127.0.0.1", "-p", port) if transport == "tcp" else ("-s", path)
        pid = self._start(
            f"memcached-{transport}",
            *("memcached", "-u", "nobody" if transport == "tcp" else "root"),
            *("-t", "1", "-m", "8192", "-c", "4096", "-U", "0", *where),
        )
        if transport == "tcp":
            _wait_for(port, None)
            self._add(MEMCACHED, "memcached", pid, port=port)
        else:
            _wait_for(None, path)
            self._add(MEMCACHED, "memcached", pid, path=path)
        _fill_memcached(self.all[-1], self._entries)

    def _start_redis(self):
        port, path = free_port(), self._folder / "redis"
        pid = self._start(
            "redis",
            *("redis-server", "--bind", "127.0.0.1", "--port", port),
            *("--unixsocket", path, "--save", "", "--appendonly", "no"),
            *("--dir", self._folder, "--daemonize", "no"),
        )
        _wait_for(port, path)
        self._add(REDIS, "redis", pid, port, path)
        _fill_redis(path, self._entries)


def _end(process):
    process.kill()
    process.wait()


def _wait_for(port, path):
    def listens():
        return (port is None or accepts_connections(port)) and (
            path is None or accepts_unix_connections(str(path))
        )

    wait_until(listens, 20, f"a server listens on {port} and {path}")


def _connect(contender):
    kind, *where = contender.target.address.split(":")
    if kind == "unix":
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(where[0])
    else:
        connection = socket.create_connection((where[0], int(where[1])))
    return connection


def _entries_of(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            yield line.removesuffix("\n").split("\t")


def _fill_memcached(contender, entries):
    with _connect(contender) as connection:
        lines = (
            f"set {key} 0 0 {len(value.encode())} noreply\r\n{value}\r\n"
            for key, value in _entries_of(entries)
        )
        while batch := "".join(itertools.islice(lines, _LINES_A_WRITE)):
            connection.sendall(batch.encode())
        # Answered when all that came before it is done.
        connection.sendall(b"version\r\n")
        reply = connection.recv(1000)
        assert reply.startswith(b"VERSION"), f"memcached says {reply}"


def _fill_redis(path, entries):
    with subprocess.Popen(
        ["redis-cli", "-s", path, "--pipe"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as client:
        lines = (f'SET "{key}" "{value}"\r\n' for key, value in _entries_of(entries))
        client.stdin.writelines(lines)
        output, _ = client.communicate()
    assert client.returncode == 0 and "errors: 0" in output, f"redis-cli: {output}"
