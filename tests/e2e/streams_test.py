"""Standard output that is full, and standard streams that are closed."""

import os
import subprocess
import unittest

from support.e2e_case import E2eCase
from support.programs import program_path
from support.site import ALIASES, DOMAINS, QUERIES, MapFile
from support.waiting import wait_until

_UNKNOWN, _IO_ERROR, _TEMPORARY = 3, 74, 75
_PROGRAMS = ("postmirror-sync", "postmirror-proxy", "postmirrorctl")
# So much more than a store takes of memory is what it takes of addresses.
_ADDRESSES = "2000000"


class StreamsTest(E2eCase):
    # A key of two rows is a temporary error.
    maps = {
        ALIASES: [
            MapFile("virtual-alias-maps", QUERIES[ALIASES], "expansion_limit = 1")
        ]
    }

    def shell(self, line, program, *arguments):
        """Runs a program from a line of the shell, where "$@" is its command."""
        command = [program_path(program), "--config", self.site.config, *arguments]
        return subprocess.run(
            ["sh", "-c", line, "sh", *map(str, command)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def assert_full(self, code, program, *arguments):
        with self.subTest(program=program, arguments=arguments):
            result = self.shell('"$@" > /dev/full', program, *arguments)
            self.assertEqual(result.returncode, code, result)
            self.assertIn("standard output: ", result.stderr)
            self.assertIn("No space left", result.stderr)

    def test_what_could_not_be_printed_is_a_failure(self):
        self.start_postmirror()
        self.assert_full(_IO_ERROR, "postmirrorctl", "lookup", DOMAINS, "example.org")
        self.assert_full(_UNKNOWN, "postmirrorctl", "status")
        self.assert_full(_UNKNOWN, "postmirrorctl", "status", "--json")
        for program in _PROGRAMS:
            for option in ("--check", "--help", "--version"):
                self.assert_full(_IO_ERROR, program, option)

    def test_nothing_is_printed_into_the_lock_file(self):
        self.start_postmirror()
        lock_file = self.site.store / "v1" / "lock.mdb"
        bytes_before = lock_file.stat().st_size
        for closed in (">&- 2>&-", "<&- >&- 2>&-", "2>&-", "<&-"):
            result = self.shell(
                f'"$@" {closed}', "postmirrorctl", "lookup", ALIASES, "info@example.org"
            )
            self.assertEqual(result.returncode, _TEMPORARY, result)
            self.assertFalse(b"postmirrorctl" in lock_file.read_bytes(), closed)
        self.assertEqual(lock_file.stat().st_size, bytes_before)

    def test_no_file_of_the_daemons_is_a_standard_stream(self):
        closed = ("sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh")
        self.site.set_sync(wrapper=closed)
        self.site.set_proxy(wrapper=closed)
        self.start_postmirror()
        for daemon in (self.site.sync, self.site.proxy):
            for number in range(3):
                stream = os.readlink(f"/proc/{daemon.pid}/fd/{number}")
                self.assertEqual(stream, "/dev/null", daemon.name)

    def test_what_this_process_cannot_do_is_not_said_of_others(self):
        self.start_postmirror()
        limited = f'ulimit -v {_ADDRESSES} && "$@"'
        wait_until(
            lambda: self.shell(limited, "postmirrorctl", "status").returncode == 0,
            20,
            lambda: f"all is well: {self.shell(limited, 'postmirrorctl', 'status')}",
        )
        result = self.shell(limited, "postmirrorctl", "lookup", DOMAINS, "example.org")
        self.assertEqual(result.returncode, _TEMPORARY, result)
        self.assertIn("ulimit -v", result.stderr)


if __name__ == "__main__":
    unittest.main()
