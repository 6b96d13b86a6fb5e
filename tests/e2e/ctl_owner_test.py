"""postmirrorctl as root: it takes the rights of the store's owner, so that what that
user puts into the folder leads root nowhere. To be run as root."""

import os
import subprocess
import unittest

from support.e2e_case import E2eCase
from support.programs import program_path
from support.site import ALIASES, DOMAINS, MAILBOXES
from support.waiting import wait_until

_OK, _CRITICAL, _UNKNOWN = 0, 2, 3
_NO_PERMISSION, _TEMPORARY = 77, 75
_OWNER = 65532
_OTHER = 65533


class CtlOwnerTest(E2eCase):
    def setUp(self):
        super().setUp()
        self.start_postmirror()
        # What only root may write.
        closed = self.folder / "closed"
        closed.mkdir(mode=0o700)
        self.private = closed / "private"
        self.private.write_text("private")

    def give_away(self, owner=_OWNER):
        """All that both daemons have made is another user's from now on."""
        for top in (self.site.store, self.site.status_folder):
            for folder, _, files in os.walk(top):
                for path in (folder, *(os.path.join(folder, name) for name in files)):
                    os.chown(path, owner, owner, follow_symlinks=False)
        os.chown(self.site.status_socket, owner, owner)

    def hold(self):
        self.mariadb.run("DELETE FROM virtual_mailboxes")
        wait_until(
            lambda: "is held" in self.site.ctl("status").stdout,
            20,
            lambda: f"a held map: {self.site.ctl('status')}",
        )

    def wait_until_well(self):
        wait_until(
            lambda: self.site.ctl("status").returncode == _OK,
            20,
            lambda: f"all is well: {self.site.ctl('status')}",
        )

    def plant(self, path):
        """In place of a file stands a link to what only root may write."""
        path.unlink(missing_ok=True)
        path.symlink_to(self.private)
        os.chown(path, _OWNER, _OWNER, follow_symlinks=False)

    def assert_untouched(self):
        self.assertEqual(self.private.read_text(), "private")
        self.assertEqual(self.private.stat().st_uid, 0)

    def test_a_link_in_place_of_the_lock_file(self):
        self.give_away()
        self.site.sync.kill()
        self.plant(self.site.store / "v1" / "lock.mdb")
        result = self.site.ctl("lookup", ALIASES, "info@example.org")
        self.assertEqual(result.returncode, _TEMPORARY, result)
        self.assertIn("a link", result.stderr)
        self.assert_untouched()

    def test_a_link_in_place_of_the_status(self):
        self.give_away()
        self.site.sync.kill()
        for name in ("sync.status", "sync.running"):
            self.plant(self.site.status_folder / name)
        result = self.site.ctl("status")
        self.assertEqual(result.returncode, _CRITICAL, result)
        self.assertNotIn("private", result.stdout)
        self.assert_untouched()

    def test_a_request_is_written_with_the_rights_of_the_owner(self):
        self.hold()
        self.give_away()
        self.site.sync.freeze()
        accept = subprocess.Popen(
            [program_path("postmirrorctl"), "--config", self.site.config]
            + ["accept", "--all"]
        )
        self.addCleanup(accept.kill)
        (request,) = wait_until(
            lambda: list((self.site.store / "v1").glob("accept-*.request")),
            20,
            lambda: "a request is there",
        )
        self.assertEqual(request.stat().st_uid, _OWNER)
        self.site.sync.thaw()
        self.assertEqual(accept.wait(30), _OK)

    def test_the_commands_work_on_a_store_of_another_user(self):
        self.give_away()
        self.wait_until_well()
        self.assertEqual(
            self.site.ctl("lookup", DOMAINS, "example.org").stdout.strip(), "1"
        )

    def test_the_commands_work_below_a_folder_of_roots(self):
        # As below /var/lib/docker, which is root's, 0710.
        self.hold()
        self.give_away()
        closed = (self.site.folder, self.site.status_socket.parent)
        for folder in closed:
            folder.chmod(0o710)
        said = self.site.ctl("status").stdout
        self.assertTrue(said.startswith("postmirror CRITICAL: map "), said)
        self.assertNotIn("not running", said)
        self.assertNotIn("not filled", said)
        self.assertEqual(
            self.site.ctl("lookup", DOMAINS, "example.org").stdout.strip(), "1"
        )
        accepted = self.site.ctl("accept", "--all")
        self.assertEqual(accepted.returncode, _OK, accepted)
        self.wait_until_well()

    def test_a_third_user_above_the_store(self):
        self.give_away()
        os.chown(self.site.folder, _OTHER, _OTHER)
        result = self.site.ctl("status")
        self.assertEqual(result.returncode, _UNKNOWN, result)
        self.assertTrue(result.stdout.startswith("postmirror UNKNOWN: "), result)
        self.assertIn(str(self.site.folder), result.stdout)
        lookup = self.site.ctl("lookup", MAILBOXES, "user@example.org")
        self.assertEqual(lookup.returncode, _NO_PERMISSION, lookup)
        self.assertIn("runuser", lookup.stderr)


if __name__ == "__main__":
    unittest.main()
