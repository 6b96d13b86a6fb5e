"""The servers of a measurement: MariaDB with and without a binlog, a replica, and
postmirror, which follows one of the first two.

All durable in the same way: each commit's redo log is on the disk before its OK
(innodb_flush_log_at_trx_commit=1), the binlog is written but not synced
(sync_binlog=0). The replica applies on one thread and writes no binlog, which are
MariaDB's defaults.
"""

import json

from measuring.database import BINLOG_OPTIONS, DURABLE_OPTIONS, filling
from measuring.filled_site import proxy_answers
from support.mariadb import MariaDb
from support.site import ALIASES, Site
from support.waiting import wait_until

_PRIMARY_OPTIONS = (*DURABLE_OPTIONS, *BINLOG_OPTIONS)
_REPLICA_OPTIONS = (*DURABLE_OPTIONS, "--sync-binlog=0", "--server-id=2")
_REPLICA_USER, _REPLICA_PASSWORD = "replica", "replica of the benchmark"

_REPLICATION = f"""
CREATE USER '{_REPLICA_USER}'@'127.0.0.1' IDENTIFIED BY '{_REPLICA_PASSWORD}';
GRANT REPLICATION SLAVE ON *.* TO '{_REPLICA_USER}'@'127.0.0.1';
"""
_FOLLOW = """
CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={port},
  MASTER_USER='{user}', MASTER_PASSWORD='{password}', MASTER_USE_GTID=slave_pos;
START SLAVE;
"""


class Servers:
    """`logged` has a binlog, which `replica` follows; `plain` has none."""

    def __init__(self, folder, rows):
        self.logged = MariaDb(folder / "logged", _PRIMARY_OPTIONS)
        self.replica = MariaDb(folder / "replica", _REPLICA_OPTIONS)
        self.plain = MariaDb(folder / "plain", DURABLE_OPTIONS)
        self._rows = rows

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for server in (self.replica, self.logged, self.plain):
            server.close()

    def primary(self, source):
        """Returns the server that offers postmirror this change source at its best:
        lsn is for those that have no binlog."""
        return self.logged if source == "binlog" else self.plain

    def _start(self):
        for server in (self.logged, self.replica, self.plain):
            server.start()
        for server in (self.logged, self.plain):
            server.load_schema()
            server.run(filling(self._rows))
        self.logged.grant_binlog()
        self.logged.run(_REPLICATION)
        follow = _FOLLOW.format(
            port=self.logged.port, user=_REPLICA_USER, password=_REPLICA_PASSWORD
        )
        self.replica.run(follow, database=None)
        [(position,)] = self.logged.run("SELECT @@gtid_binlog_pos")
        reached = self.replica.run(
            f"SELECT MASTER_GTID_WAIT('{position}', 900)", database=None
        )
        if reached != [("0",)]:
            status = self.replica.run("SHOW SLAVE STATUS", database=None)
            raise AssertionError(f"the replica does not follow: {status}")


class Follower:
    """A postmirror that follows with this change source, filled and answering."""

    def __init__(self, folder, servers, source):
        self._servers = servers
        self._source = source
        self._primary = servers.primary(source)
        # An operator's time-outs, not the tests' short ones; and no guard, since more
        # is changed within an hour than it lets pass.
        settings = {
            "change_source": source,
            "connect_timeout": None,
            "read_timeout": None,
            "max_shrink": "100%",
        }
        self._site = Site(folder, self._primary.port, settings)

    def __enter__(self):
        try:
            self._site.sync.start()
            self._site.start_proxy()
            wait_until(self._is_filled, 300, lambda: f"filled:\n{self._site.logs()}")
            self.check_change_source()
        except BaseException:
            self._site.close()
            raise
        return self

    def __exit__(self, *_):
        self._site.close()

    def check_change_source(self):
        """Fails if postmirror follows in another way than it was told."""
        server = self._status()["servers"][0]
        if server["change_source"] != self._source:
            raise AssertionError(
                f"the change source is {server['change_source']}, not {self._source}:"
                f" {server['reason']}"
            )

    def followers(self):
        """Returns what follows, as commit_to_visible takes it: the name, the socket
        on which changes are made, who is polled."""
        site, servers = self._site, self._servers
        lookup = f"socketmap:{site.unix_socket}:{ALIASES}"
        return [
            ("postmirror", self._primary.socket, lookup),
            ("replica", servers.logged.socket, f"sql:{servers.replica.socket}"),
        ]

    def targets(self):
        """Returns the followers, and the primary itself: what polling alone costs."""
        socket = self._primary.socket
        return [*self.followers(), ("primary", socket, f"sql:{socket}")]

    def _status(self):
        return json.loads(self._site.ctl("status", "--json").stdout)

    def _is_filled(self):
        assert self._site.sync.pid and self._site.proxy.pid
        status = self._status()
        return (
            status["servers"]
            and status["servers"][0]["change_source"]
            and all(each["state"] == "filled" for each in status["maps"])
            and proxy_answers(self._site)
        )
