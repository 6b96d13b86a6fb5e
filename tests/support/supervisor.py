"""What systemd is to a service: hears what it says of itself, holds the sockets on
which it listens, and keeps the descriptors that it hands over when it ends.

    with Supervisor(folder) as manager:
        manager.listen(("127.0.0.1", port))
        site.set_proxy(manager=manager)
"""

import fcntl
import os
import pathlib
import socket
import threading

from support.waiting import wait_until

_FIRST_DESCRIPTOR = 3  # SD_LISTEN_FDS_START
_DESCRIPTORS_A_MESSAGE = 253
_ABOVE_ALL_PASSED = 2000


class Supervisor:
    """`watchdog_seconds` is what the unit's WatchdogSec= would be."""

    # LISTEN_PID is that of the process that takes the descriptors.
    wrapper = ("sh", "-c", 'export LISTEN_PID=$$; exec "$@"', "sh")

    def __init__(self, folder, watchdog_seconds=None):
        self._path = pathlib.Path(folder, "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self._path))
        # The service may have another user.
        os.chmod(self._path, 0o777)
        self._watchdog_seconds = watchdog_seconds
        self._listening = []
        self._messages = []
        self._kept = []  # (name, descriptor)
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._hear, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(20)
        for each in (self._socket, *self._listening):
            each.close()
        self.drop_kept()

    def listen(self, address):
        """Listens at (host, port), or at the path of a unix socket."""
        is_path = not isinstance(address, tuple)
        listening = socket.socket(socket.AF_UNIX if is_path else socket.AF_INET)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(str(address) if is_path else address)
        if is_path:
            os.chmod(address, 0o666)
        listening.listen(4096)
        self._listening.append(listening)

    def said(self):
        """Returns the messages so far, each as its lines."""
        with self._lock:
            return list(self._messages)

    def wait_for(self, line, after=0):
        """Waits for a message with such a line, behind the first `after` ones."""
        wait_until(
            lambda: any(line in message for message in self.said()[after:]),
            20,
            lambda: f"the service says {line!r}, but: {self.said()[after:]}",
        )

    def status(self):
        """Returns what STATUS= was last, or nothing."""
        lines = [line for message in self.said() for line in message]
        return ["", *(line[7:] for line in lines if line.startswith("STATUS="))][-1]

    def kept(self):
        """Returns the names under which descriptors are kept."""
        with self._lock:
            return [name for name, _ in self._kept]

    def drop_kept(self):
        """Closes what is kept, as systemd does when a service is stopped."""
        with self._lock:
            for _, descriptor in self._kept:
                os.close(descriptor)
            self._kept.clear()

    def popen_arguments(self):
        """Returns what Popen needs to start the service; what is kept goes to it, and
        stays kept until the service says otherwise."""
        with self._lock:
            kept = list(self._kept)
        names = ["test.socket"] * len(self._listening) + [name for name, _ in kept]
        # Out of the way of the numbers that they shall have.
        sources = [
            fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, _ABOVE_ALL_PASSED)
            for each in (*self._listening, *(descriptor for _, descriptor in kept))
        ]

        def place():
            for number, source in enumerate(sources, _FIRST_DESCRIPTOR):
                os.dup2(source, number)

        environment = {
            **os.environ,
            "NOTIFY_SOCKET": str(self._path),
            "LISTEN_FDS": str(len(sources)),
            "LISTEN_FDNAMES": ":".join(names),
        }
        if self._watchdog_seconds is not None:
            environment["WATCHDOG_USEC"] = str(self._watchdog_seconds * 1000000)
        return {"env": environment, "preexec_fn": place, "close_fds": False}

    def _hear(self):
        while True:
            message, descriptors, _, _ = socket.recv_fds(
                self._socket, 65536, _DESCRIPTORS_A_MESSAGE
            )
            if not message:
                return
            lines = message.decode().splitlines()
            name = [line[7:] for line in lines if line.startswith("FDNAME=")]
            with self._lock:
                self._messages.append(lines)
                if "FDSTORE=1" in lines:
                    self._kept += [(name[0], each) for each in descriptors]
                    continue
                if "FDSTOREREMOVE=1" in lines:
                    for _, each in [kept for kept in self._kept if kept[0] in name]:
                        os.close(each)
                    self._kept = [kept for kept in self._kept if kept[0] not in name]
            # That of a barrier: closing it is the answer.
            for descriptor in descriptors:
                os.close(descriptor)
