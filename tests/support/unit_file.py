"""The systemd units of deploy/systemd, as a program reads them.

    unit = UnitFile("postmirror-proxy.service")
    unit.values("SystemCallFilter")     # in the order in which they stand
    unit.system_calls()                 # by the names of system calls
"""

import functools
import pathlib
import subprocess

FOLDER = pathlib.Path(__file__).parents[2] / "deploy" / "systemd"


@functools.cache
def calls_of_group(group):
    """Returns the system calls of a group such as "@sync", as systemd knows it."""
    listing = subprocess.run(
        ["systemd-analyze", "syscall-filter", "--no-pager", group],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    # Below the name at the left margin; "# ..." is what the group is for.
    words = [line.strip() for line in listing.splitlines() if line.startswith(" ")]
    return expand(word for word in words if not word.startswith("#"))


def expand(words):
    """Returns the system calls that are named, or are in a group that is named."""
    calls = set()
    for word in words:
        calls |= calls_of_group(word) if word.startswith("@") else {word}
    return calls


class UnitFile:
    """One unit; a key may stand several times, as in systemd.syntax(7)."""

    def __init__(self, name):
        self.path = FOLDER / name
        self.text = self.path.read_text()
        lines = [line for line in self.text.splitlines() if "=" in line]
        self._lines = [each.split("=", 1) for each in lines if each[0] != "#"]

    def values(self, key):
        """Returns what the key's lines say, a value a line."""
        return [value for name, value in self._lines if name == key]

    def words(self, key):
        """Returns all that the key's lines list."""
        return " ".join(self.values(key)).split()

    def system_calls(self):
        """Returns what SystemCallFilter= allows; systemd.exec(5): @default always."""
        return expand(["@default", *self.words("SystemCallFilter")])
