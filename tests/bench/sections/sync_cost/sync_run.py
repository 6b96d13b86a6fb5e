"""One postmirror on a MariaDB of the bench."""

import json
import re
import subprocess
import time

from measuring.process import cpu_seconds
from support.site import QUERIES, Site
from support.waiting import wait_until

_FILL_SECONDS = 900
_PAUSE_SECONDS = 0.002


class SyncRun:
    """Its programs are started by its methods, and end with the context."""

    def __init__(self, folder, database, source="binlog"):
        # An operator's time-outs, not the tests' short ones; and no guard, since more
        # is changed within an hour than it lets pass.
        settings = {
            "change_source": source,
            "connect_timeout": None,
            "read_timeout": None,
            "max_shrink": "100%",
        }
        self.site = Site(folder, database.port, settings)
        self._source = source

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.site.close()

    @property
    def data_file(self):
        return self.site.store / "v1" / "data.mdb"

    def fill(self):
        """Starts sync on an empty store. Returns the seconds of the clock and of the
        processor from its start until its log says that the last map is filled, which
        it does as soon as the commit is on the disk."""
        begin = time.monotonic()
        self.site.sync.start()
        self.wait_until_filled()
        seconds = time.monotonic() - begin
        return seconds, cpu_seconds(self.site.sync.pid)

    def wait_until_filled(self):
        """Waits for that, and sees it within 2 ms."""
        deadline = time.monotonic() + _FILL_SECONDS
        while self.site.sync.log().count(": filled, ") < len(QUERIES):
            if time.monotonic() > deadline or not self.site.sync.pid:
                raise AssertionError(f"not filled:\n{self.site.logs()}")
            time.sleep(_PAUSE_SECONDS)

    def resync(self):
        """Restarts sync on its filled store. Returns the processor time until it has
        compared all with the database."""
        self.site.sync.stop()
        begin = time.monotonic()
        self.site.sync.start()
        wait_until(
            lambda: self._is_confirmed_since(begin),
            _FILL_SECONDS,
            lambda: f"all is compared:\n{self.site.logs()}",
        )
        return cpu_seconds(self.site.sync.pid)

    def check(self, rows):
        """Fails if the maps do not have the rows, or are followed in another way."""
        status = self._status()
        source = status["servers"][0]["change_source"]
        entries = sum(each["entries"] for each in status["maps"])
        if source != self._source or entries != rows:
            raise AssertionError(f"not by {self._source}, or not {rows}: {status}")

    def transaction(self):
        """Returns the number of the store's last transaction."""
        text = subprocess.run(
            ["mdb_stat", "-e", self.site.store / "v1"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        return int(re.search(r"Last transaction ID: (\d+)", text)[1])

    def pids(self):
        """Returns those of sync and of the proxy."""
        return self.site.sync.pid, self.site.proxy.pid

    def _status(self):
        return json.loads(self.site.ctl("status", "--json").stdout)

    def _is_confirmed_since(self, moment):
        status = self._status()
        age = time.monotonic() - moment
        return (
            self.site.sync.pid
            and status["servers"]
            and status["servers"][0]["change_source"]
            and all(each["freshness_seconds"] < age for each in status["maps"])
        )


def mapped_queries():
    """Returns the SELECTs that sync makes of the guide's queries."""
    return (
        "SELECT name, 1 FROM virtual_domains ORDER BY id",
        "SELECT email, 1 FROM virtual_mailboxes ORDER BY id",
        "SELECT source, destination FROM virtual_aliases ORDER BY id",
    )
