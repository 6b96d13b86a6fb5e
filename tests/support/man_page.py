"""The manual pages in deploy/man, as far as tests compare them with the programs.

page = ManPage("postmirror.cf.5")
page.entries("MIRRORING")["max_shrink"]  # "50%"
"""

import pathlib
import re

FOLDER = pathlib.Path(__file__).parents[2] / "deploy" / "man"


def pages():
    return sorted(p for p in FOLDER.iterdir() if p.suffix in (".1", ".5", ".8"))


class ManPage:
    def __init__(self, name):
        self.path = FOLDER / name
        self.text = self.path.read_text()
        parts = re.split(r"^\.Sh (.*)$", self.text, flags=re.MULTILINE)
        self.sections = dict(zip(parts[1::2], parts[2::2]))

    def options(self):
        """Returns the long options that have an item, without the dashes."""
        return set(re.findall(r"^\.It Fl -(\w+)", self.text, re.MULTILINE))

    def synopsis_options(self):
        """Returns the long options of the synopsis."""
        return set(re.findall(r"(?:Fl|\|) -(\w+)", self.sections["SYNOPSIS"]))

    def names(self, section):
        """Returns the names that have an item in a section."""
        return set(re.findall(r"^\.It Ic (\w+)", self.sections[section], re.MULTILINE))

    def entries(self, section):
        """Returns what stands in parentheses behind each name of a section: its
        default, "" for an empty one, or None where there is none."""
        items = re.findall(
            r"^\.It Ic (\w+) Pq (.*)$", self.sections[section], re.MULTILINE
        )
        return {name: self._default(stated) for name, stated in items}

    @staticmethod
    def _default(stated):
        if not stated.startswith("default: "):
            return None
        default = stated.removeprefix("default: ")
        return "" if default == "empty" else default

    def exit_codes(self):
        found = re.findall(r"^\.It (\d+)", self.sections["EXIT STATUS"], re.MULTILINE)
        return {int(code) for code in found}

    def diagnostics(self):
        """Returns for each message its pieces: the text between the ellipses."""
        heads = re.findall(
            r"^\.It Li (.*)$", self.sections["DIAGNOSTICS"], re.MULTILINE
        )
        return {
            head: [piece.strip(" :;,") for piece in head.split("...")] for head in heads
        }
