"""What a full sync is measured against: the same rows, streamed and thrown away, and
the same entries, loaded into LMDB."""

import shutil
import subprocess
import time

from support.mariadb import DATABASE, PASSWORD, USER
from support.programs import run_program

from .sync_run import mapped_queries

_TIMEOUT_SECONDS = 1800
_MAP_BYTES = 16 << 30

# Our value's tag is of the entry. No key has a tab, and none is out of order by it.
_ENTRIES = "SELECT {key}, CONCAT('=', {value}) FROM {table}"
_TABLES = (
    ("name", "1", "virtual_domains"),
    ("email", "1", "virtual_mailboxes"),
    ("source", "destination", "virtual_aliases"),
)
_DUMP_HEAD = f"""\
VERSION=3
format=print
database={{name}}
type=btree
mapsize={_MAP_BYTES}
HEADER=END
"""


class Baselines:
    """Makes its input once, sorted, in `folder`."""

    def __init__(self, folder, database):
        folder.mkdir()
        self._folder = folder
        self._database = database
        self._files = [
            self._sort(
                folder / table, _ENTRIES.format(key=key, value=value, table=table)
            )
            for key, value, table in _TABLES
        ]
        self._dump = folder / "dump"
        self._write_dump()

    def stream(self):
        """Returns rows, seconds and processor seconds of raw streaming."""
        source = (self._database.port, USER, PASSWORD, DATABASE)
        return _figures("raw_stream", "stream", *source, *mapped_queries())

    def load(self):
        """Returns the same of loading the sorted entries from memory."""
        with _EmptyFolder(self._folder / "load") as store:
            return _figures("raw_stream", "load", store, *self._files)

    def mdb_load(self):
        """Returns the seconds that mdb_load(1) takes, which parses a text and commits
        every hundred entries."""
        with _EmptyFolder(self._folder / "mdb_load") as store:
            begin = time.monotonic()
            _run(["mdb_load", "-f", self._dump, store])
            return time.monotonic() - begin

    def _sort(self, path, query):
        client = [*self._database.client_command(), "--quick", f"--execute={query}"]
        with open(path, "wb") as output:
            rows = subprocess.Popen(client, stdout=subprocess.PIPE)
            _run(["sort"], stdin=rows.stdout, stdout=output, env={"LC_ALL": "C"})
            rows.stdout.close()
            if rows.wait() != 0:
                raise AssertionError(f"{query}: failed")
        return path

    def _write_dump(self):
        with open(self._dump, "w", encoding="utf-8") as output:
            for path in self._files:
                output.write(_DUMP_HEAD.format(name=path.name))
                output.flush()
                lines = r"s/\\/\\\\/g; s/^/ /; s/\t/\n /"
                _run(["sed", lines, path], stdout=output)
                output.write("DATA=END\n")
                output.flush()


class _EmptyFolder:
    def __init__(self, path):
        self._path = path

    def __enter__(self):
        self._path.mkdir()
        return self._path

    def __exit__(self, *_):
        shutil.rmtree(self._path)


def _figures(*command):
    result = run_program(*command, timeout=_TIMEOUT_SECONDS)
    if result.returncode != 0:
        raise AssertionError(result.stderr.strip())
    rows, seconds, cpu = result.stdout.split()
    return int(rows), float(seconds), float(cpu)


def _run(command, stdout=subprocess.PIPE, **options):
    result = subprocess.run(
        command,
        stdout=stdout,
        stderr=subprocess.PIPE,
        timeout=_TIMEOUT_SECONDS,
        **options,
    )
    if result.returncode != 0:
        raise AssertionError(f"{command[0]}: {result.stderr.decode()}")
