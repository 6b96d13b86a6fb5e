"""postmirror-sync started by root, by mistake, on what belongs to the service's user. To
be run as root."""

import os
import pathlib
import unittest

from support.e2e_case import E2eCase
from support.postmap import NOT_FOUND
from support.programs import run_program
from support.site import DOMAINS

_OWNER = 65532
_NO_PERMISSION = 77


class RootSyncTest(E2eCase):
    def setUp(self):
        super().setUp()
        for path in self.site.map_files.values():
            os.chmod(path, 0o644)  # for the service's user
        for folder in (self.site.store, self.site.status_folder):
            folder.mkdir()
            folder.chmod(0o2750)
            os.chown(folder, _OWNER, _OWNER)
        self.site.set_sync(user=_OWNER, group=_OWNER)

    def start_roots(self):
        """Runs root's postmirror-sync, which is to be refused."""
        result = run_program("postmirror-sync", "--config", self.site.config, timeout=20)
        self.assertEqual(result.returncode, _NO_PERMISSION, result)
        self.assertEqual(result.stderr.count("\n"), 1, result)
        self.assertIn(f"belongs to user number {_OWNER}, run", result.stderr)
        return result.stderr

    def files(self):
        """Returns all that the service's user has, and whose it is."""
        return {
            path: path.lstat().st_uid
            for folder in (self.site.store, self.site.status_folder)
            for path in (folder, *pathlib.Path(folder).rglob("*"))
        }

    def test_a_first_run_of_roots_leaves_nothing_behind(self):
        before = self.files()
        self.start_roots()
        self.assertEqual(self.files(), before)
        self.start_postmirror()  # the service's can go on
        self.assertEqual(set(self.files().values()), {_OWNER})

    def test_root_opens_nothing_in_a_store_of_another_user(self):
        self.start_postmirror()
        self.site.sync.stop()
        before = self.files()
        self.start_roots()
        self.assertEqual(self.files(), before)
        self.site.sync.start()
        self.mariadb.run("DELETE FROM virtual_domains WHERE name = 'doomed.test'")
        self.wait_for_lookup(DOMAINS, "doomed.test", NOT_FOUND)

    def test_the_environment_alone_is_looked_at_too(self):
        self.start_postmirror()
        self.site.sync.stop()
        for folder in (self.site.store, self.site.status_folder):
            os.chown(folder, 0, 0)
        self.assertIn("/v1: ", self.start_roots())

    def test_the_check_of_roots_is_none_of_it(self):
        result = run_program("postmirror-sync", "--config", self.site.config, "--check")
        self.assertEqual(result.returncode, 0, result)


if __name__ == "__main__":
    unittest.main()
