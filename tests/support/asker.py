"""A mail server's stream of lookups beside a test: a thread that asks the same keys
over one connection, again and again, and notes every answer that is not as it was.

    with Asker(site) as asker:
        ...                         # a fault of MariaDB
        asker.assert_unshaken()
"""

import threading

from support.postmap import NOT_FOUND, found
from support.site import ALIASES, DOMAINS, MAILBOXES
from support.socketmap import SocketmapClient
from support.waiting import wait_until

# Of the rows of E2eCase, and some that are in no table. A test that changes rows
# changes others.
_KEYS = (
    (DOMAINS, "example.org", found("1")),
    (DOMAINS, "catchall.test", found("1")),
    (DOMAINS, "elsewhere.test", NOT_FOUND),
    (MAILBOXES, "user@example.org", found("1")),
    (MAILBOXES, "unknown@example.org", NOT_FOUND),
    (ALIASES, "info@example.org", found("user@example.org,elsewhere@remote.invalid")),
    (ALIASES, "any@catchall.test", found("user@example.org")),
    (ALIASES, "filler1@example.org", found("user@example.org")),
    (ALIASES, "unknown@example.org", NOT_FOUND),
)
_PAUSE_SECONDS = 0.005  # between two rounds over all keys; the machine has more to do
_MAX_NOTES = 10


class Asker:
    def __init__(self, site):
        self._client = SocketmapClient(site.unix_socket)
        self._keys = _KEYS
        self._rounds = 0
        self._notes = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask_until_stopped, daemon=True)
        self._thread.start()

    def also(self, parameter, key, outcome):
        """From now on this key has this outcome, too."""
        self._keys = (*self._keys, (parameter, key, outcome))

    def assert_unshaken(self):
        """Every answer was right, those to what is asked at this moment included."""
        # The round under way may have asked its first keys before this moment.
        enough = self._rounds + 2
        wait_until(
            lambda: self._rounds >= enough or not self._thread.is_alive(),
            20,
            lambda: f"lookups go on: {self._notes}",
        )
        assert not self._notes, f"lookups were shaken: {self._notes}"

    def close(self):
        self._stop.set()
        self._thread.join()
        self._client.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _ask_until_stopped(self):
        try:
            while not self._stop.wait(_PAUSE_SECONDS):
                for parameter, key, outcome in self._keys:
                    self._ask(parameter, key, outcome)
                self._rounds += 1
        except (OSError, AssertionError) as error:
            self._notes.append(repr(error))

    def _ask(self, parameter, key, outcome):
        answer = self._client.ask(parameter, [key])[key]
        if answer != outcome and len(self._notes) < _MAX_NOTES:
            self._notes.append(f"{parameter} {key}: {answer}, but was {outcome}")
