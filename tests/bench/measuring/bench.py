"""What the sections of one run share."""

import contextlib
import os
import pathlib
import resource
import shutil
import sys
import tempfile

from .database import Database

# More than there are connections anywhere.
_DESCRIPTORS = 16384


class Bench:
    """A fresh folder, MariaDBs that stay until the end, and what was asked for.

    `quick` is for finding functional errors: few rounds, small tables, figures that
    mean little.
    """

    def __init__(self, folder, quick):
        self.folder = folder
        self.quick = quick
        self._databases = {}
        self._stack = contextlib.ExitStack()

    def database(self, rows):
        """Returns a running MariaDB with so many aliases, see Database; the same one
        for whoever asks. Its rows are to be left as they are."""
        if rows not in self._databases:
            self.say(f"filling MariaDB with {rows} aliases")
            database = Database(self.folder / f"database-{rows}", rows)
            self._databases[rows] = database
            self._stack.callback(database.close)
            database.start()
        return self._databases[rows]

    def say(self, text):
        """Tells the user what is being done."""
        print(text, file=sys.stderr, flush=True)

    def close(self):
        self._stack.close()


@contextlib.contextmanager
def open_bench(parent, quick):
    """Gives a Bench in a fresh folder below `parent`, and removes it."""
    _raise_descriptor_limit()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="postmirror-bench-", dir=parent))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        bench = Bench(folder, quick)
        stack.callback(bench.close)
        os.chmod(folder, 0o755)  # MariaDB and Postfix run as users of their own
        yield bench


def _raise_descriptor_limit():
    """For those of the servers and the load generator, too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY in (soft, hard):
        hard = _DESCRIPTORS
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (max(soft, min(hard, _DESCRIPTORS)), hard)
    )
