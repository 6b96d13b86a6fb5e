"""Asks the proxy without pause, in the background, and remembers wrong outcomes."""

import threading

from support.postmap import NOT_FOUND
from support.socketmap import SocketmapClient


class LookupWatch:
    """`known` has the outcome of keys that never change, `unknown` has keys that are
    never there; both are by (parameter, key)."""

    def __init__(self, path, known, unknown):
        self._path = path
        self._expected = {**known, **dict.fromkeys(unknown, NOT_FOUND)}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.lookups = 0
        self.failures = []

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(60)

    def _run(self):
        try:
            with SocketmapClient(self._path) as client:
                while not self._stop.wait(0.001):
                    self._ask_all(client)
        except Exception as failure:  # for the test to tell
            self.failures.append(repr(failure))

    def _ask_all(self, client):
        for (parameter, key), expected in self._expected.items():
            outcome = client.ask(parameter, [key])[key]
            self.lookups += 1
            if outcome != expected:
                self.failures.append(f"{parameter} {key}: {outcome}, not {expected}")
