"""MariaDB servers that the tests of a program use one after the other, one server for
each set of options.

    server = take(BINLOG_OPTIONS)   # runs, and has nothing of earlier tests in it
    ...
    give_back(server)               # the next one to take it has it cleared,
    discard(server)                 # or, where clear() does not do, gets a new one
"""

import os
import pathlib
import shutil
import tempfile
import unittest

from support.mariadb import MariaDb

_servers = {}  # by the options that they were taken with
_taken = set()


def take(options=()):
    """Returns a running server without a database or an account but root. Nobody else
    gets it before it is given back. It ends with the program's tests."""
    options = tuple(options)
    server = _servers.get(options)
    # Clearing it would pull it away from under the one that has it.
    assert server not in _taken, f"the server is taken already: {options}"
    if server is None:
        server = _servers[options] = _made(options)
        unittest.addModuleCleanup(discard, server)
        server.start()
    else:
        _clear(server)
    _taken.add(server)
    return server


def give_back(server):
    """Lets the next one take the server; nothing if it is discarded."""
    _taken.discard(server)


def discard(server):
    """Ends the server, whatever state it is in, and removes its data."""
    # Not by its options: a test may have changed them.
    for options in [key for key, each in _servers.items() if each is server]:
        del _servers[options]
    _taken.discard(server)
    server.close()
    shutil.rmtree(server.folder.parent, ignore_errors=True)


def _clear(server):
    try:
        server.run_on()
        server.clear()
    except BaseException:
        discard(server)
        raise


def _made(options):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="postmirror-e2e-"))
    # MariaDB runs as a user of its own.
    os.chmod(folder, 0o755)
    return MariaDb(folder / "mariadb", options)
