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
import subprocess

from support import mariadb_template
from support.ports import free_port
from support.waiting import wait_until

# A server with a binlog of rows, as the change source binlog wants it.
BINLOG_OPTIONS = ("--log-bin=mail-bin", "--binlog-format=ROW", "--server-id=7")

DATABASE = "mailserver"
USER, PASSWORD = "postmirror", "mirror of the tests"
_SQL = pathlib.Path(__file__).parents[2] / "schema" / "sql"


class MariaDb:
    """`options` are further ones of the server, which it has across restarts."""

    def __init__(self, folder, options=()):
        self.options = list(options)
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "mysql")
        # May be moved or replaced while the server does not run.
        self.datadir = self.folder / "datadir"
        self.port = free_port()
        self.socket = self.folder / "socket"
        self.log_file = self.folder / "log"
        self._process = None
        mariadb_template.copy_to(self.datadir)

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
            *self.options,
        ]
        if os.geteuid() == 0:
            command.append("--user=mysql")
        with open(self.log_file, "ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        wait_until(self._answers, 60, f"MariaDB answers, see {self.log_file}")

    @property
    def pid(self):
        """The process id of the running server."""
        return self._process.pid

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

    def load_schema(self):
        """Creates the tables of the guide and the account of sync."""
        self.run_file("database.sql", database=None)
        self.run_file("tables.sql")
        self.run_file("grants.sql")
        for host in ("127.0.0.1", "localhost"):
            self.run(f"SET PASSWORD FOR '{USER}'@'{host}' = PASSWORD('{PASSWORD}')")

    def grant_binlog(self):
        """Lets the account of sync, which load_schema has made, read the binlog."""
        self.run_file("grants-binlog.sql", database=None)

    def run_file(self, name, database=DATABASE):
        """Runs a file of schema/sql as root."""
        self.run((_SQL / name).read_text(encoding="utf-8"), database)

    def _answers(self):
        if self._process.poll() is not None:
            log = self.log_file.read_text(errors="replace")
            raise AssertionError(f"MariaDB ended at start:\n{log[-2000:]}")
        command = ["mariadb", "--no-defaults", "--user=root", "--execute=SELECT 1"]
        command += [f"--socket={self.socket}"]
        return subprocess.run(command, capture_output=True).returncode == 0

    def _end(self, number):
        self._process.send_signal(signal.SIGCONT)
        self._process.send_signal(number)
        self._process.wait(60)
        self._process = None
