"""What other users of the machine may do: who watches sees how both daemons are, and has
no power over them. To be run as root."""

import json
import os
import subprocess
import unittest

from support.e2e_case import E2eCase
from support.postmap import NOT_FOUND
from support.programs import program_path
from support.site import DOMAINS
from support.smtp import send_mail
from support.system_root import SystemRoot
from support.waiting import wait_until

_OK, _WARNING, _CRITICAL, _UNKNOWN = range(4)
_WATCHERS = 65531  # the group of those who watch, here
_READERS = 65530  # that of those who read the store
_USER = 65532

# Tries to open a file in each of these ways; prints those that work.
_OPEN = """
import os, sys
for name in ("O_RDONLY", "O_WRONLY", "O_RDWR"):
    for path in sys.argv[1:]:
        try:
            os.close(os.open(path, getattr(os, name)))
            print(name, path)
        except PermissionError:
            pass
"""

# Locks a file against writers; a folder against all, too.
_LOCK = """
import fcntl, os, sys
file = os.open(sys.argv[1], os.O_RDONLY)
if os.path.isdir(sys.argv[1]):
    fcntl.flock(file, fcntl.LOCK_EX)
else:
    fcntl.lockf(file, fcntl.LOCK_SH)
print("locked", flush=True)
sys.stdin.read()
"""


class RightsTest(E2eCase):
    def setUp(self):
        super().setUp()
        # As tmpfiles.d makes them.
        for folder in (self.site.status_folder, self.site.status_socket.parent):
            folder.mkdir(exist_ok=True)
            os.chown(folder, 0, _WATCHERS)
            folder.chmod(0o2750)
        self.start_postmirror()

    def run_as_other(self, groups, *command):
        return subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            text=True,
            user=_USER,
            group=_USER,
            extra_groups=groups,
        )

    def ctl(self, groups, *arguments):
        program = self.folder / "postmirrorctl"
        if not program.exists():
            # A build folder below /root is closed to other users.
            program.write_bytes(program_path("postmirrorctl").read_bytes())
            program.chmod(0o755)
        return self.run_as_other(
            groups, program, "--config", self.site.config, *arguments
        )

    def status(self, groups, *options):
        return self.ctl(groups, "status", *options)

    def wait_for_status(self, code, groups=(_WATCHERS,)):
        return wait_until(
            lambda: (result := self.status(groups)).returncode == code and result,
            20,
            lambda: f"status is {code}: {self.status(groups)}\n{self.site.logs()}",
        ).stdout

    def openable(self, *paths):
        """Returns which of the files one who watches may open, and how."""
        result = self.run_as_other((_WATCHERS,), "python3", "-c", _OPEN, *paths)
        self.assertEqual(result.stderr, "")
        return set(result.stdout.splitlines())

    def lock(self, path, group):
        """One of the group holds a lock on what he may read, until the test ends."""
        holder = subprocess.Popen(
            ["python3", "-c", _LOCK, path],
            user=_USER,
            group=_USER,
            extra_groups=[group],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.addCleanup(holder.communicate)
        self.addCleanup(holder.kill)
        self.assertEqual(holder.stdout.readline(), b"locked\n")

    def assert_follows(self):
        self.mariadb.run("DELETE FROM virtual_domains WHERE name = 'doomed.test'")
        self.wait_for_lookup(DOMAINS, "doomed.test", NOT_FOUND)

    def test_one_who_watches_sees_all_of_it(self):
        self.wait_for_status(_OK)
        status = json.loads(self.status((_WATCHERS,), "--json").stdout)
        self.assertEqual({each["state"] for each in status["maps"]}, {"filled"})
        self.assertTrue(all(each["entries"] for each in status["maps"]))
        self.assertTrue(all(each["key_collation"] for each in status["maps"]))
        self.assertIn(str(self.site.unix_socket), status["proxy"]["listeners"])
        self.assertGreater(status["proxy"]["commit"], 0)

    def test_one_who_watches_may_change_nothing(self):
        self.wait_for_status(_OK)
        files = [each for each in self.site.store.rglob("*") if each.is_file()]
        names = {each.name for each in files}
        self.assertLessEqual({"lock.mdb", "data.mdb", "sync.lock"}, names)
        self.assertEqual(self.openable(*files), set())
        watched = sorted(self.site.status_folder.iterdir())
        self.assertEqual(
            {each.name for each in watched}, {"sync.status", "sync.running"}
        )
        self.assertEqual(
            self.openable(*watched), {f"O_RDONLY {each}" for each in watched}
        )
        for folder in (self.site.status_folder, self.site.status_socket.parent):
            made = self.run_as_other((_WATCHERS,), "touch", folder / "mine")
            self.assertIn("Permission denied", made.stderr)

    def test_a_lock_of_one_who_watches_does_not_look_like_sync(self):
        self.wait_for_status(_OK)
        self.site.sync.kill()
        self.lock(self.site.status_folder / "sync.running", _WATCHERS)
        self.assertIn("postmirror-sync is not running", self.wait_for_status(_CRITICAL))
        # Nor does it keep sync from its work, or hide that it runs.
        self.site.sync.start()
        self.assert_follows()
        self.wait_for_status(_OK)

    def test_one_who_may_read_the_store_keeps_sync_from_nothing(self):
        for path in (self.site.store, *self.site.store.rglob("*")):
            os.chown(path, -1, _READERS)
        self.site.sync.kill()
        self.lock(self.site.store / "v1", _READERS)
        self.site.sync.start()
        self.assert_follows()
        for name in ("sync.lock", "v1/writer.lock"):
            seen = self.run_as_other((_READERS,), "cat", self.site.store / name)
            self.assertIn("Permission denied", seen.stderr, name)

    def test_without_the_group_it_is_unknown_with_the_cure(self):
        said = self.wait_for_status(_UNKNOWN, ())
        self.assertTrue(said.startswith("postmirror UNKNOWN: this user may not"), said)
        self.assertIn("add this user to the group _postmirror-status", said)
        self.assertIn(f"belongs to the group {_WATCHERS}: chgrp -R _postmirror", said)
        self.assertNotIn("not running", said)
        self.assertNotIn("not filled", said)
        self.assertEqual(
            json.loads(self.status((), "--json").stdout)["health"], "unknown"
        )

    def test_a_lookup_without_the_right_to_it_names_the_cure(self):
        for key in ("example.org", "no.test"):
            asked = self.ctl((_WATCHERS,), "lookup", DOMAINS, key)
            self.assertEqual(asked.returncode, 77, asked)
            self.assertEqual(asked.stdout, "")
            self.assertEqual(asked.stderr.count("\n"), 1, asked)
            self.assertIn("this user may not read the store: ", asked.stderr)
            self.assertIn("Permission denied; run postmirrorctl as root", asked.stderr)

    def test_the_status_of_sync_is_readable_while_it_is_down(self):
        self.wait_for_status(_OK)
        self.site.sync.kill()
        said = self.wait_for_status(_CRITICAL)
        self.assertIn("postmirror-sync is not running", said)
        self.assertIn("filled", said)
        self.assertRegex(said, r"freshness \d")

    def test_a_proxy_that_is_down_is_critical(self):
        self.wait_for_status(_OK)
        self.site.proxy.kill()
        said = self.wait_for_status(_CRITICAL)
        self.assertIn("postmirror-proxy does not answer", said)
        # What sync says of the maps is still there.
        self.assertRegex(said, r"filled, \d+ entries")

    def test_a_frozen_proxy_is_critical(self):
        self.wait_for_status(_OK)
        self.site.proxy.freeze()
        self.addCleanup(self.site.proxy.thaw)
        self.assertIn("does not answer", self.wait_for_status(_CRITICAL))

    def test_why_all_is_temporary_is_said(self):
        self.wait_for_status(_OK)
        self.site.sync.kill()
        (self.site.store / "v1").rename(self.site.store / "away")
        wait_until(
            lambda: "lookups are temporary: " in self.wait_for_status(_CRITICAL),
            20,
            lambda: f"it is said: {self.status((_WATCHERS,))}",
        )


# Asks over a unix socket; prints the reply, or why there is none.
_ASK = """
import socket, sys
client = socket.socket(socket.AF_UNIX)
client.settimeout(20)
try:
    client.connect(sys.argv[1])
except OSError as error:
    sys.exit(error.strerror)
client.sendall(b"35:virtual_alias_maps info@example.org,")
print(client.recv(1000).decode())
"""


class SocketFolderTest(E2eCase):
    """Who gets as far as the unix socket, in the folder that tmpfiles.d(5) makes: whoever
    can connect can fill the queue before the proxy, where no limit holds."""

    def setUp(self):
        super().setUp()
        root = SystemRoot(self.folder / "root")
        root.add_postfix()
        root.make_users()
        root.make_folders()
        _, self.watchers = root.ids("_postmirror-proxy", "_postmirror-status")
        made = root.path / "var/spool/postfix/postmirror"
        self.site.unix_socket.parent.rmdir()
        made.rename(self.site.unix_socket.parent)
        self.start_postmirror()

    def ask_as(self, user, group, groups=()):
        return subprocess.run(
            ["python3", "-c", _ASK, self.site.unix_socket],
            capture_output=True,
            text=True,
            user=user,
            group=group,
            extra_groups=groups,
            cwd="/",
            timeout=60,
        )

    def test_postfix_and_root_ask(self):
        for user in ("postfix", "root"):
            self.assertIn("OK ", self.ask_as(user, user).stdout)
        postfix = self.start_postfix(self.site.main_cf("socketmap-unix"))
        answer = send_mail(postfix.port, "info@example.org")
        self.assertEqual(str(answer), "250 2.0.0", answer.text)

    def test_one_who_watches_asks(self):
        self.assertIn("OK ", self.ask_as(_USER, _USER, [self.watchers]).stdout)
        listed = subprocess.run(
            ["ls", self.site.unix_socket.parent],
            capture_output=True,
            user=_USER,
            extra_groups=[self.watchers],
        )
        self.assertIn(b"Permission denied", listed.stderr)

    def test_other_users_do_not_get_there(self):
        for user, group in (("nobody", "nogroup"), (_USER, _USER)):
            asked = self.ask_as(user, group)
            self.assertEqual(asked.stderr, "Permission denied\n")
            self.assertEqual(asked.stdout, "")


if __name__ == "__main__":
    unittest.main()
