"""The fixture of tests that share one MariaDB with tables of their own."""

import os
import pathlib
import shutil
import tempfile
import unittest

from support.mariadb import MariaDb


class MariaDbCase(unittest.TestCase):
    """self.mariadb runs, with no more than what it comes with; self.folder is there
    for what the tests write. Both are gone after the last test of the class."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="postmirror-e2e-"))
        # MariaDB runs as a user of its own.
        os.chmod(cls.folder, 0o755)
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.mariadb = MariaDb(cls.folder / "mariadb")
        cls.addClassCleanup(cls.mariadb.close)
        cls.mariadb.start()
