"""A MariaDB server of the test's own: real, private, and allowed to suffer.

    server = MariaDb(folder)
    server.start()
    server.load_schema()
    server.run("INSERT INTO virtual_domains (name) VALUES ('example.org')")
    server.kill()
    server.start()      # the same data on the same port
    server.close()

It lives in `folder` (which user mysql must be able to reach), listens on a free
port of 127.0.0.1 and on a unix socket, and reads no option file.
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess

from support import mariadb_template
from support.ports import free_port
from support.waiting import wait_until

# A server with a binlog of rows, as the change source binlog wants it.
BINLOG_OPTIONS = ("--log-bin=mail-bin", "--binlog-format=ROW", "--server-id=7")

# What is committed outlives the server, however it ends, but not the machine: it is
# written at each commit, and nothing waits for the disk.
UNSYNCED_OPTIONS = (
    "--loose-debug-no-sync=1",
    "--innodb-flush-method=fsync",
    "--innodb-flush-log-at-trx-commit=2",
)
# And as it is without these, for measurements.
SYNCED_OPTIONS = (
    "--loose-debug-no-sync=0",
    "--innodb-flush-method=O_DIRECT",
    "--innodb-flush-log-at-trx-commit=1",
)

DATABASE = "mailserver"
USER, PASSWORD = "postmirror", "mirror of the tests"
_SQL = pathlib.Path(__file__).parents[2] / "schema" / "sql"

# How long clear() waits for a lock that nobody may ever let go.
_LOCK_WAIT_SECONDS = 20

# Those that are not root's, nor the server's own.
_FURTHER_CONNECTIONS = """
SELECT user FROM information_schema.PROCESSLIST
  WHERE user NOT IN ('root', 'system user', 'event_scheduler', 'unauthenticated user')
"""
_ENDING = f"""
SELECT DISTINCT 1 AS step, CONCAT('KILL USER ', QUOTE(user))
  FROM ({_FURTHER_CONNECTIONS}) AS connections
"""
# Gives the statements that clear a server, in their order.
_CLEARING = f"""
{_ENDING}
UNION ALL SELECT 2, CONCAT('DROP DATABASE `', schema_name, '`')
  FROM information_schema.SCHEMATA WHERE schema_name
  NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')
UNION ALL SELECT 3, CONCAT('DROP USER ', QUOTE(user), '@', QUOTE(host))
  FROM mysql.user WHERE user NOT IN ('root', 'mariadb.sys')
UNION ALL SELECT 4, 'RESET MASTER' WHERE @@log_bin
UNION ALL SELECT 5, 'SET GLOBAL gtid_slave_pos = ""' WHERE @@log_bin
ORDER BY step
"""


def schema_sql():
    """Returns what creates the database and the tables of the guide and the account
    of sync, and selects the database."""
    passwords = "".join(
        f"SET PASSWORD FOR '{USER}'@'{host}' = PASSWORD('{PASSWORD}');"
        for host in ("127.0.0.1", "localhost")
    )
    return (
        f"{_sql_file('database.sql')}USE {DATABASE};\n"
        f"{_sql_file('tables.sql')}{_sql_file('grants.sql')}{passwords}"
    )


def binlog_grants_sql(sees_filter=True):
    """Returns what lets the account of sync read the binlog; without `sees_filter` it
    may not know which databases that lacks."""
    grants = _sql_file("grants-binlog.sql")
    if sees_filter:
        return grants
    return grants + "".join(
        f"REVOKE BINLOG MONITOR ON *.* FROM '{USER}'@'{host}';"
        for host in ("127.0.0.1", "localhost")
    )


def _sql_file(name):
    return (_SQL / name).read_text(encoding="utf-8")


class MariaDb:
    """`options` are further ones of the server, which it has across restarts; `user` is
    whom it becomes where root starts it."""

    def __init__(self, folder, options=(), user="mysql"):
        self.options = list(options)
        self.user = user
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, user)
        # May be moved or replaced while the server does not run.
        self.datadir = self.folder / "datadir"
        self.port = free_port()
        self.socket = self.folder / "socket"
        self.log_file = self.folder / "log"
        self._process = None
        mariadb_template.copy_to(self.datadir)
        if os.geteuid() == 0 and user != "mysql":
            subprocess.run(["chown", "-R", user, self.datadir], check=True)

    def start(self):
        """Starts the server and waits until it answers."""
        assert self._process is None, "MariaDB runs already"
        command = [
            "mariadbd",
            "--no-defaults",
            f"--datadir={self.datadir}",
            # A server that starts removes what others keep in a shared one.
            f"--tmpdir={self.folder}",
            f"--socket={self.socket}",
            f"--pid-file={self.folder / 'pid'}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--innodb-log-file-size=4M",
            "--innodb-buffer-pool-size=16M",
            "--innodb-temp-data-file-path=ibtmp1:1M:autoextend",
            *UNSYNCED_OPTIONS,
            *self.options,
        ]
        if os.geteuid() == 0:
            command.append(f"--user={self.user}")
        with open(self.log_file, "ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        wait_until(self._answers, 60, f"MariaDB answers, see {self.log_file}")

    @property
    def pid(self):
        """The process id of the running server."""
        return self._process.pid

    def run_on(self):
        """Lets the server run, if it is stopped, killed or frozen."""
        if self._process is None:
            self.start()
        self.thaw()

    def stop(self):
        """Shuts the server down in an orderly way."""
        self._end(signal.SIGTERM)

    def kill(self):
        """Kills the server with SIGKILL."""
        self._end(signal.SIGKILL)

    def freeze(self):
        """Stops the server's threads; its sockets stay open."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        """Lets a frozen server go on."""
        self._process.send_signal(signal.SIGCONT)

    def close(self):
        """Ends the server, whatever state it is in."""
        if self._process is not None:
            self.kill()

    def run(self, sql, database=DATABASE):
        """Runs statements as root, returns the rows as tuples of text."""
        command = self.client_command(database)
        result = subprocess.run(command, input=sql, capture_output=True, text=True)
        if result.returncode != 0:
            raise AssertionError(f"{sql}: {result.stderr}")
        return [tuple(line.split("\t")) for line in result.stdout.splitlines()]

    def client_command(self, database=DATABASE):
        """Returns how to start a client that runs statements of its input as root."""
        command = ["mariadb", "--no-defaults", "--user=root", "--batch"]
        command += ["--skip-column-names", "--default-character-set=utf8mb4"]
        command += [f"--socket={self.socket}"]
        if database:
            command.append(f"--database={database}")
        return command

    def clear(self):
        """Makes a running server as it was at first: no connection, no database, no
        account, an empty binlog, nobody's replica. What SET GLOBAL changed stays."""
        self.run("STOP ALL SLAVES; RESET SLAVE ALL", database=None)
        for channel, *_ in self.run("SHOW ALL SLAVES STATUS", database=None):
            self.run(f"RESET SLAVE '{channel}' ALL", database=None)
        self._run_each(_CLEARING)
        # A replica of it may have connected once more before its account went.
        wait_until(
            lambda: not self._run_each(_ENDING), 20, "every connection has ended"
        )

    def load_schema(self):
        """Creates the tables of the guide and the account of sync."""
        self.run(schema_sql(), database=None)

    def grant_binlog(self):
        """Lets the account of sync, which load_schema has made, read the binlog."""
        self.run(binlog_grants_sql(), database=None)

    def _run_each(self, sql):
        """Runs the statements that the query gives, unlogged; returns whether there
        are any."""
        statements = "".join(f"{each};" for _, each in self.run(sql, database=None))
        if statements:
            # A prepared XA transaction keeps its locks when its session has ended;
            # and a foreign key may name a table of another database.
            limit = f"SET lock_wait_timeout = {_LOCK_WAIT_SECONDS}"
            session = f"SET sql_log_bin = 0, foreign_key_checks = 0; {limit}"
            self.run(f"{session}; {statements}", database=None)
        return bool(statements)

    def _answers(self):
        if self._process.poll() is not None:
            log = self.log_file.read_text(errors="replace")
            raise AssertionError(f"MariaDB ended at start:\n{log[-2000:]}")
        # It says hello as soon as it takes connections.
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1)
            try:
                probe.connect(str(self.socket))
                return probe.recv(5)
            except OSError:
                return b""

    def _end(self, number):
        self._process.send_signal(signal.SIGCONT)
        self._process.send_signal(number)
        self._process.wait(60)
        self._process = None
