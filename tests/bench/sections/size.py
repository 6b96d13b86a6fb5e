"""Bytes on disk: the store, Postfix's own maps of the same, MariaDB's tables."""

import json
import pathlib
import re
import shutil
import subprocess

from measuring.filled_site import filled_site
from measuring.goals import Goal
from measuring.lmdb_map import make_lmdb_map
from measuring.markdown import count, digits, table
from support.mariadb import DATABASE

NAME = "size"
TITLE = "Size on disk"

_ROWS = (10_000, 1_000_000, 10_000_000)

_QUERIES = {
    "virtual_domains": "SELECT name, 1 FROM virtual_domains",
    "virtual_mailboxes": "SELECT email, 1 FROM virtual_mailboxes",
    "virtual_aliases": "SELECT source, destination FROM virtual_aliases",
}

_HEAD = """\
All three maps: so many aliases, a tenth of that in mailboxes, a hundredth in domains. \
The store is that of a first full sync, data.mdb; lmdb: are the three files that \
`postmap lmdb:FILE` makes of the same entries, in the order in which MariaDB has them; \
.ibd are MariaDB's files of the three tables, with all their columns and indexes. \
Bytes an entry are file bytes; free pages are those that the next changes use up first.

"""


def measure(bench):
    """Returns the bytes of each file, by size of the tables and kind of file."""
    results = {"sizes": []}
    for rows in _ROWS[:1] if bench.quick else _ROWS:
        database = bench.database(rows)
        folder = bench.folder / f"size-{rows}"
        folder.mkdir()
        entries = _count_entries(database)
        bench.say(f"size of {rows} aliases and what belongs to them")
        files = {
            "store": _measure_store(folder, database, entries),
            "lmdb:": _measure_lmdb(folder, database, entries),
            ".ibd": _measure_tables(database),
        }
        results["sizes"].append({"rows": rows, "entries": entries, "files": files})
        shutil.rmtree(folder)
    return results


def render(results):
    """Returns the section of the report."""
    head = ("aliases", "entries", "file", "MB", "bytes an entry", "free pages")
    rows = [
        (
            count(size["rows"]),
            sum(size["entries"].values()),
            name,
            digits(each["bytes"] / 1e6),
            digits(each["bytes"] / sum(size["entries"].values())),
            each.get("free_pages", ""),
        )
        for size in results["sizes"]
        for name, each in size["files"].items()
    ]
    return _HEAD + table(head, rows)


def goals(results):
    """Returns the goals: not larger than Postfix's own maps."""
    return [
        Goal(
            f"size, {count(size['rows'])}: store to lmdb:",
            1,
            size["files"]["store"]["bytes"] / size["files"]["lmdb:"]["bytes"],
        )
        for size in results["sizes"]
    ]


def _count_entries(database):
    """Returns how many keys each table has."""
    counts = {}
    for name, query in _QUERIES.items():
        key = query.split()[1].rstrip(",")
        [(number,)] = database.run(f"SELECT COUNT(DISTINCT {key}) FROM {name}")
        counts[name] = int(number)
    return counts


def _measure_store(folder, database, entries):
    with filled_site(folder / "site", database) as site:
        maps = json.loads(site.ctl("status", "--json").stdout)["maps"]
        found = sorted(each["entries"] for each in maps)
        if found != sorted(entries.values()):
            raise AssertionError(f"the store has {found} entries, not {entries}")
        return _measure_environment(site.store / "v1")


def _measure_lmdb(folder, database, entries):
    total = {}
    for name, query in _QUERIES.items():
        lmdb_map = make_lmdb_map(folder / name, database, query)
        path = f"{lmdb_map.removeprefix('lmdb:')}.lmdb"
        figures = _measure_environment(path, "-n")
        if figures["entries"] != entries[name]:
            raise AssertionError(f"{path} has {figures['entries']} entries")
        total = {key: total.get(key, 0) + each for key, each in figures.items()}
    return total


def _measure_environment(path, *options):
    """Returns the figures of an LMDB environment; it may be in use."""
    said = subprocess.run(
        ["mdb_stat", "-e", "-f", *options, path],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    def number(what):
        # What is said last is of the main database.
        return int(re.findall(rf"^ +{what}: (\d+)$", said, re.MULTILINE)[-1])

    file = pathlib.Path(path)
    file = file / "data.mdb" if file.is_dir() else file
    return {
        "bytes": file.stat().st_size,
        "free_pages": number("Free pages"),
        "entries": number("Entries"),
    }


def _measure_tables(database):
    folder = database.datadir / DATABASE
    sizes = {name: (folder / f"{name}.ibd").stat().st_size for name in _QUERIES}
    return {"bytes": sum(sizes.values()), "files": sizes}
