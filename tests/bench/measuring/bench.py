"""What the sections of one run share."""

import contextlib
import os
import pathlib
import shutil
import sys
import tempfile

from .database import Database


class Bench:
    """A fresh folder, MariaDBs that stay until the end, and what was asked for.

    `quick` is for finding functional errors: few rounds, small tables, figures that
    mean little.
    """

    def __init__(self, folder, quick):
        self.folder = folder
        self.quick = quick
        self._databases = {}

    def database(self, rows):
        """Returns a running MariaDB with so many aliases, see Database; the same one
        for whoever asks. Its rows are to be left as they are."""
        if rows not in self._databases:
            self.say(f"filling MariaDB with {rows} aliases")
            database = Database(self.folder / f"database-{rows}", rows)
            self._databases[rows] = database
            database.start()
        return self._databases[rows]

    def say(self, text):
        """Tells the user what is being done."""
        print(text, file=sys.stderr, flush=True)

    def close(self):
        for database in self._databases.values():
            database.close()


@contextlib.contextmanager
def open_bench(parent, quick):
    """Gives a Bench in a fresh folder below `parent`, and removes it."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="postmirror-bench-", dir=parent))
    bench = Bench(folder, quick)
    try:
        os.chmod(folder, 0o755)  # MariaDB and Postfix run as users of their own
        yield bench
    finally:
        bench.close()
        shutil.rmtree(folder, ignore_errors=True)
