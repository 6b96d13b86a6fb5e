"""The daemons under strace(1): what they ask the kernel for is what their units allow.
The filters themselves need systemd as PID 1; that they let a daemon work is tested in a
machine that boots."""

import os
import re
import signal
import unittest

from support.metrics_case import MetricsCase
from support.programs import Daemon
from support.site import ALIASES, PROTOCOLS
from support.unit_file import UnitFile
from support.waiting import wait_until

# A line is the process id and `call(arguments) = result`.
_CALL = re.compile(r"^\d+ +(\w+)\(", re.MULTILINE)
_CODE = re.compile(r"^.*\bPROT_WRITE\|PROT_EXEC\b.*$", re.MULTILINE)
_SET_ID = re.compile(r"^.*\b(?:chmod|mkdir|mknod|open)\w*\(.*, 0[2467]\d{3}\b.*$", re.M)
_FAMILY = re.compile(r"\bsocket(?:pair)?\((AF_\w+)")


class SystemCallsTest(MetricsCase):
    """Each daemon through what it does: start, fill, answer, follow, reload, be scraped,
    end."""

    def setUp(self):
        super().setUp()
        # As tmpfiles.d makes it.
        for folder in (self.site.store, self.site.status_folder):
            folder.mkdir()
            folder.chmod(0o2750)
        self.site.sync = self.traced("postmirror-sync")
        self.site.proxy = self.traced("postmirror-proxy")

    def traced(self, name):
        """Returns the daemon as the child of this process, traced by a grandchild."""
        tracer = ("strace", "-D", "-f", "-q", "-o", self.folder / f"{name}.strace")
        arguments = (name, "--config", self.site.config)
        return Daemon(self.site.folder, *arguments, wrapper=tracer)

    def live(self):
        """Lets both daemons do what they are for."""
        self.site.sync.start()
        self.site.start_proxy()
        self.wait_for_key("info@example.org")
        self.mariadb.run(
            "INSERT INTO virtual_aliases (domain_id, source, destination)"
            " VALUES (1, 'new@example.org', 'user@example.org')"
        )
        self.wait_for_key("new@example.org")
        for daemon in (self.site.sync, self.site.proxy):
            os.kill(daemon.pid, signal.SIGHUP)
            daemon.wait_for_log("reloaded")
        self.assertIn("postmirror_sync_build_info", self.sync().names())
        self.assertIn("postmirror_proxy_build_info", self.proxy().names())

    def wait_for_key(self, key):
        for protocol in PROTOCOLS:
            wait_until(
                lambda: self.site.lookup(protocol, ALIASES, key).value,
                30,
                lambda: f"{key} by {protocol}:\n{self.site.logs()}",
            )

    def trace(self, daemon):
        """Ends the daemon; returns all that it has called."""
        pid = daemon.pid
        self.assertEqual(daemon.stop(), 0)
        file = self.folder / f"{daemon.name}.strace"
        ended = re.compile(rf"^{pid} +\+\+\+ exited with 0", re.MULTILINE)
        wait_until(lambda: ended.search(file.read_text()), 20, "the trace's end")
        return file.read_text()

    def test_nothing_is_called_that_the_unit_forbids(self):
        self.live()
        for daemon in (self.site.sync, self.site.proxy):
            unit = UnitFile(f"{daemon.name}.service")
            trace = self.trace(daemon)
            with self.subTest(daemon.name):
                calls = set(_CALL.findall(trace))
                self.assertIn(
                    "epoll_wait" if "proxy" in daemon.name else "flock", calls
                )
                self.assertEqual(calls - unit.system_calls(), set())
                families = set(_FAMILY.findall(trace))
                # getaddrinfo(3) does without it where it is forbidden.
                self.assertLessEqual(
                    families, {*unit.words("RestrictAddressFamilies"), "AF_NETLINK"}
                )
                # MemoryDenyWriteExecute=, RestrictSUIDSGID=
                self.assertEqual(_CODE.findall(trace), [])
                self.assertEqual(_SET_ID.findall(trace), [])


if __name__ == "__main__":
    unittest.main()
