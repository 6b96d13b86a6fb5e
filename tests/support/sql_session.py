"""A connection to MariaDB that stays open: one client, fed statement by statement.

    session = SqlSession(mariadb)
    session.run("BEGIN; INSERT INTO virtual_domains (name) VALUES ('a.test')")
    session.run("ROLLBACK")
    session.close()
"""

import re
import subprocess

from support.mariadb import DATABASE

_ERROR = re.compile(r"ERROR (\d+) ")
# Of the client, not of a statement: the server is gone.
_CLIENT_ERRORS = range(2000, 2100)


class SqlError(Exception):
    """A statement failed, with `code` of the server."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class ConnectionLost(Exception):
    """The server is gone: nobody knows whether the last statement was executed."""


class SqlSession:
    """Use it from one thread at a time."""

    def __init__(self, mariadb, database=DATABASE):
        # Without --force an error of a statement would end the client.
        command = mariadb.client_command(database)
        command += ["--unbuffered", "--force", "--skip-reconnect", "--local-infile"]
        pipe = subprocess.PIPE
        self._client = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True
        )
        self._runs = 0

    def run(self, sql):
        """Runs statements, returns the rows as tuples of text.

        Raises SqlError for the first that failed; those behind it are run all the
        same. Raises ConnectionLost, from then on always, when the server is gone.
        """
        self._runs += 1
        end = f"end of run {self._runs}"
        try:
            self._client.stdin.write(f"{sql};\nSELECT '{end}';\n")
            self._client.stdin.flush()
        except OSError:
            raise ConnectionLost from None
        rows, error = [], None
        for line in self._client.stdout:
            line = line.removesuffix("\n")
            if line == end:
                break
            match = _ERROR.match(line)
            if match is None:
                rows.append(tuple(line.split("\t")))
            elif int(match[1]) in _CLIENT_ERRORS:
                raise ConnectionLost(line)
            else:
                error = error or SqlError(int(match[1]), f"{line} in {sql}")
        else:
            raise ConnectionLost("the client has ended")
        if error is not None:
            raise error
        return rows

    def close(self):
        """Closes the connection, whatever state it is in."""
        self._client.kill()
        self._client.wait()
        self._client.stdout.close()
        try:
            self._client.stdin.close()
        except OSError:
            pass  # what was not sent any more
