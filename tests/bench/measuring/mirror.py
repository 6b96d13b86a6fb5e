"""A postmirror on the servers' core, and the entries of its database in files."""

import contextlib
import itertools
import json
import os
import subprocess
import time

from support.site import ALIASES
from support.socketmap import SocketmapClient
from support.waiting import wait_until

from .cores import pin
from .filled_site import filled_site
from .load import SERVER_CORE, Target

# So many entries are asked for, spread over all: the working set of a busy server.
_SAMPLE = 200_000
# Room for the largest number of connections that is tried.
_SETTINGS = {"client_limit": 8192}


class Mirror:
    """`entries` is the file of all aliases, `sample` of those that are asked for, as
    lines of key and value."""

    def __init__(self, site, entries, sample):
        self.site = site
        self.entries = entries
        self.sample = sample
        self._sync_started = None

    def first_entries(self, count):
        """Returns so many keys with their values."""
        with open(self.entries, encoding="utf-8") as lines:
            some = itertools.islice(lines, count)
            return [tuple(line.removesuffix("\n").split("\t")) for line in some]

    def restart_sync(self):
        """Lets sync begin anew: it reads everything."""
        self.site.sync.stop()
        self._sync_started = time.monotonic()
        self.site.sync.start()

    def ask(self, key):
        """Returns what the proxy says of a key."""
        with SocketmapClient(self.site.unix_socket) as client:
            return client.ask(ALIASES, [key])[key]

    @property
    def target(self):
        """Returns the proxy's unix socket, for the load generator."""
        address = f"unix:{self.site.unix_socket}"
        return Target(f"socketmap:{ALIASES}", address, self.site.proxy.pid)

    def change_source(self):
        """Returns how sync follows the database now."""
        status = json.loads(self.site.ctl("status", "--json").stdout)
        return status["servers"][0]["change_source"]

    def wait_until_read(self):
        """Waits until sync has read everything since it was restarted."""
        wait_until(self.is_read, 600, lambda: f"is read:\n{self.site.logs()}")

    def is_read(self):
        """Says whether that is so."""
        assert self.site.sync.pid and self.site.proxy.pid
        since_start = time.monotonic() - self._sync_started
        status = json.loads(self.site.ctl("status", "--json").stdout)
        return all(
            each["freshness_seconds"] is not None
            and each["freshness_seconds"] < since_start
            for each in status["maps"]
        )


@contextlib.contextmanager
def open_mirror(folder, database, keep_sync=False):
    """Gives a Mirror that is filled. sync has done its work then and is gone, unless
    it is kept."""
    with filled_site(folder, database, _SETTINGS) as site:
        pin(site.proxy.pid, [SERVER_CORE])
        if not keep_sync:
            site.sync.stop()
        step = max(1, database.rows // _SAMPLE)
        yield Mirror(
            site,
            _write_entries(folder / "entries", database, "TRUE"),
            _write_entries(folder / "sample", database, f"MOD(id, {step}) = 0"),
        )


def _write_entries(path, database, condition):
    query = f"SELECT source, destination FROM virtual_aliases WHERE {condition}"
    with open(path, "wb") as output:
        command = [*database.client_command(), "--quick", f"--execute={query}"]
        subprocess.run(command, stdout=output, check=True)
    assert os.path.getsize(path), f"{path}: no entries"
    return path
