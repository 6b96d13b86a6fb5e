"""A postmirror whose store was filled from a database, and its entries in files."""

import json
import os
import subprocess
import time

from support.site import Site
from support.waiting import wait_until

from .load import SERVER_CORE

# So many entries are asked for, spread over all: the working set of a busy server.
_SAMPLE = 200_000


class Mirror:
    """`entries` has all aliases, `sample` those that are asked for, as lines of key
    and value. The proxy runs on the servers' core; sync has done its work and is
    gone, unless it is kept."""

    def __init__(self, folder, database, keep_sync=False):
        self._database = database
        self._keep_sync = keep_sync
        # An operator's time-outs, not the tests' short ones.
        settings = {"connect_timeout": None, "read_timeout": None, "client_limit": 4096}
        self.site = Site(folder, database.port, settings)
        self.site.set_proxy(wrapper=("taskset", "--cpu-list", SERVER_CORE))
        self._sync_started = None
        self.entries, self.sample = folder / "entries", folder / "sample"

    def __enter__(self):
        try:
            self._write_entries(self.entries, "TRUE")
            step = max(1, self._database.rows // _SAMPLE)
            self._write_entries(self.sample, f"MOD(id, {step}) = 0")
            self.start_sync()
            self.site.start_proxy()
            self.wait_until_read()
            if not self._keep_sync:
                self.site.sync.stop()
        except BaseException:
            self.site.close()
            raise
        return self

    def __exit__(self, *_):
        self.site.close()

    def start_sync(self):
        """Starts sync, or starts it anew."""
        if self._sync_started is not None:
            self.site.sync.stop()
        self._sync_started = time.monotonic()
        self.site.sync.start()

    def wait_until_read(self):
        """Waits until sync has read everything since it was started."""
        wait_until(self._is_read, 600, lambda: f"is read:\n{self.site.logs()}")

    def first_entry(self):
        """Returns a key and its value."""
        with open(self.entries, encoding="utf-8") as lines:
            return tuple(lines.readline().removesuffix("\n").split("\t"))

    def _write_entries(self, path, condition):
        with open(path, "wb") as output:
            subprocess.run(
                [
                    *self._database.client_command(),
                    "--quick",
                    "--execute=SELECT source, destination FROM virtual_aliases"
                    f" WHERE {condition}",
                ],
                stdout=output,
                check=True,
            )
        assert os.path.getsize(path), f"{path}: no entries"

    def _is_read(self):
        assert self.site.sync.pid and self.site.proxy.pid
        status = json.loads(self.site.ctl("status", "--json").stdout)
        since_start = time.monotonic() - self._sync_started
        return status["maps"] and all(
            each["state"] == "filled"
            and each["freshness_seconds"] is not None
            and each["freshness_seconds"] < since_start
            for each in status["maps"]
        )
