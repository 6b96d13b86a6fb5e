"""postmap -q -, and whether what it says is right."""

import resource
import subprocess
import threading
import time

_MISSING = "nobody@nowhere.invalid"
_TIMEOUT_SECONDS = 600


class Keys:
    """What goes into postmap and has to come out. Behind the keys of the entries one
    more is asked that no table has."""

    def __init__(self, entries):
        self.count = len(entries)
        keys = [key for key, _ in entries]
        self.text = "".join(f"{key}\n" for key in [*keys, _MISSING]).encode()
        self._replies = [f"{key}\t{value}".encode() for key, value in entries]

    def check(self, table, output):
        """Raises AssertionError unless these are the replies, and all of them."""
        replies = output.splitlines()
        if replies == self._replies:
            return
        for reply, right in zip(replies, self._replies):
            if reply != right:
                raise AssertionError(f"{table}: {reply!r}, not {right!r}")
        raise AssertionError(f"{table}: {len(replies)} replies, not {self.count}")


class Postmap:
    """`config` is a folder of Postfix's configuration; keys and replies stand in
    files of `folder`, so that nobody need run beside postmap to carry them."""

    def __init__(self, config, folder):
        self._config = config
        self._input = folder / "keys"
        self._output = folder / "replies"

    def run(self, table, keys, core):
        """Asks the table for the keys, on this core, checks the replies, and returns
        the seconds that it took and those of CPU time that postmap used."""
        self._input.write_bytes(keys.text)
        command = ["taskset", "--cpu-list", str(core)]
        command += ["postmap", "-c", self._config, "-q", "-", table]
        with open(self._input, "rb") as source, open(self._output, "wb") as sink:
            client, begin = _children_seconds(), time.monotonic()
            with subprocess.Popen(
                command, stdin=source, stdout=sink, stderr=subprocess.PIPE
            ) as process:
                # A wait with a time-out would look for the end now and then only.
                watchdog = threading.Timer(_TIMEOUT_SECONDS, process.kill)
                watchdog.start()
                complaints = process.communicate()[1]
                wall = time.monotonic() - begin
                watchdog.cancel()
            client = _children_seconds() - client
        if process.returncode != 0 or complaints:
            said = complaints[-500:].decode(errors="replace")
            raise AssertionError(f"postmap {table}: exit {process.returncode}: {said}")
        keys.check(table, self._output.read_bytes())
        return wall, client


def _children_seconds():
    """The CPU time of the children that have ended so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
