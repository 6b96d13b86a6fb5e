"""MariaDB servers that the tests of a program use one after the other, one server for
each set of options.

    server = take(BINLOG_OPTIONS)   # runs, and has nothing of earlier tests in it
    ...
    discard(server)                 # where clear() does not do: the next is a new one
"""

import os
import pathlib
import shutil
import tempfile
import unittest

from support.mariadb import MariaDb

_servers = {}  # by their options


def take(options=()):
    """Returns a running server without a database or an account but root. It ends
    with the program's tests."""
    options = tuple(options)
    server = _servers.get(options)
    if server is None:
        server = _servers[options] = _made(options)
        unittest.addModuleCleanup(discard, server)
        server.start()
        return server
    try:
        server.run_on()
        server.clear()
    except BaseException:
        discard(server)
        raise
    return server


def discard(server):
    """Ends the server, whatever state it is in, and removes its data."""
    if _servers.get(tuple(server.options)) is server:
        del _servers[tuple(server.options)]
    server.close()
    shutil.rmtree(server.folder.parent, ignore_errors=True)


def _made(options):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="postmirror-e2e-"))
    # MariaDB runs as a user of its own.
    os.chmod(folder, 0o755)
    return MariaDb(folder / "mariadb", options)
