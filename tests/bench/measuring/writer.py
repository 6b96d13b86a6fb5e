"""Changes a database at a steady rate."""

import threading
import time

from support.sql_session import SqlSession

# Statements of one round trip of the client.
_BATCH = 10


class Writer:
    """Gives a row of its own a new value again and again, each in a transaction."""

    key = "changes@bench.example"

    def __init__(self, database, rate):
        self._session = SqlSession(database)
        self._rate = rate
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self._failure = None
        self._changes = 0
        self.per_second = 0.0  # that was reached

    def __enter__(self):
        self._session.run(
            "INSERT INTO virtual_aliases (domain_id, source, destination)"
            f" VALUES (1, '{self.key}', '{self.last_value}')"
        )
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        self._thread.join()
        if self._failure is not None:
            raise AssertionError(f"the writer failed: {self._failure}")

    @property
    def last_value(self):
        return f"n{self._changes}@bench.example"

    def remove_row(self):
        """Leaves the database as it was. To be called once, at the end."""
        self._session.run(f"DELETE FROM virtual_aliases WHERE source = '{self.key}'")
        self._session.close()

    def _write(self):
        try:
            self._write_at_rate()
        except Exception as error:  # told by the thread that waits for this one
            self._failure = error

    def _write_at_rate(self):
        start = time.monotonic()
        while not self._stopped.is_set():
            self._session.run("; ".join(self._next() for _ in range(_BATCH)))
            due = start + self._changes / self._rate
            self._stopped.wait(max(0.0, due - time.monotonic()))
        self.per_second = self._changes / (time.monotonic() - start)

    def _next(self):
        self._changes += 1
        return (
            f"UPDATE virtual_aliases SET destination = '{self.last_value}'"
            f" WHERE source = '{self.key}'"
        )
