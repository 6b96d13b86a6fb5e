"""The floors of the house, as rules over the sources and the built files.

schema is the ground floor; proxy and sync stand on it and never on each other.
Each foreign library shows in the .cc files of one room. Every function returns
the violations it found, one line each; none means that the rule holds.
"""

import collections
import pathlib
import re
import subprocess

FLOORS = {
    "schema": {"schema"},
    "proxy": {"proxy", "schema"},
    "sync": {"sync", "schema"},
}

# Where the headers of a foreign library may be included: in .cc files whose path
# matches. Abseil is the one library that is everywhere.
ROOMS_OF_FOREIGN_HEADERS = [
    (r"(mysql|mysql/.*|mariadb.*|errmsg|mysqld_error|ma_.*)\.h", r"sync/mariadb/[^/]+\.cc"),
    (r"lmdb\.h", r"schema/store/[^/]+\.cc"),
    (r"unicode/.*\.h", r"schema/key/[^/]+\.cc"),
    (r"xxhash\.h", r"schema/runtime/[^/]+\.cc"),
    (r"jansson\.h", r"schema/status/[^/]+\.cc"),
    (r"z(lib|conf)\.h", r"sync/binlog/[^/]+\.cc"),
    (r"microhttpd\.h", r"schema/runtime/[^/]+\.cc"),
    (r"(systemd|prometheus)/.*\.h", r"schema/runtime/[^/]+\.cc"),
]
# The C library's headers, which any file may include.
C_LIBRARY = re.compile(
    r"(sys|netinet|arpa|linux|net)/[a-z0-9_]+\.h|"
    r"(assert|ctype|dirent|endian|errno|fcntl|getopt|grp|inttypes|limits|locale|math|"
    r"malloc|netdb|poll|pthread|pwd|sched|setjmp|signal|stdarg|stddef|stdint|stdio|stdlib|"
    r"string|strings|sysexits|syslog|time|ucontext|unistd)\.h"
)
CPP_LIBRARY = re.compile(r"[a-z0-9_]+")
TYPE = re.compile(r"^(?:enum )?(?:class|struct) (\w+)(?: final)?(?: :[^;{]*)? \{", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)


def includes_of(path):
    """Yields (is_angled, name) of each include of a file."""
    for quote, name in INCLUDE.findall(path.read_text()):
        yield quote == "<", name


def sources(root, folder):
    top = pathlib.Path(root) / folder
    return sorted(p for p in top.rglob("*") if p.suffix in (".h", ".cc"))


def floor_violations(root):
    """The floors include downwards only; so do the tests that mirror them."""
    found = []
    for floor, below in FLOORS.items():
        for folder in (floor, f"tests/{floor}"):
            for path in sources(root, folder):
                for _, name in includes_of(path):
                    top = name.split("/")[0]
                    if top in FLOORS and top not in below:
                        found.append(f"{path.relative_to(root)} includes {name}: "
                                     f"{floor} stands on {', '.join(sorted(below))} only")
    return found


def foreign_header_violations(root):
    """Each foreign library shows in the .cc files of one room, in no header."""
    found = []
    for floor in FLOORS:
        for path in sources(root, floor):
            relative = str(path.relative_to(root))
            for angled, name in includes_of(path):
                reason = foreign_header_reason(relative, angled, name)
                if reason:
                    found.append(f"{relative} includes {name}: {reason}")
    return found


def foreign_header_reason(relative, angled, name):
    for header, room in ROOMS_OF_FOREIGN_HEADERS:
        if re.fullmatch(header, name):
            return "" if re.fullmatch(room, relative) else f"belongs to {room}"
    if not angled:
        known = name.split("/")[0] in (*FLOORS, "absl")
        return "" if known else "neither ours nor Abseil's"
    if CPP_LIBRARY.fullmatch(name) or C_LIBRARY.fullmatch(name):
        return ""
    return "of no library that has a room in tests/floors/floors.py"


def type_name_violations(root):
    """No two headers of what may be one program define types of the same name: the
    linker would take one of them for both."""
    found = set()
    for below in FLOORS.values():
        homes = {}
        for folder in sorted(below):
            for path in sources(root, folder):
                for name in TYPE.findall(path.read_text() if path.suffix == ".h" else ""):
                    home = str(path.relative_to(root))
                    other = homes.setdefault(name, home)
                    if other != home:
                        found.add(f"{home} defines {name}, as {other} does")
    return sorted(found)


def room_graph(root, floor):
    """The rooms (folders) of a floor and the rooms that each includes."""
    graph = collections.defaultdict(dict)
    for path in sources(root, floor):
        room = str(path.parent.relative_to(root))
        for _, name in includes_of(path):
            other = name.rpartition("/")[0]
            if name.split("/")[0] == floor and other != room:
                graph[room].setdefault(other, f"{path.relative_to(root)} includes {name}")
    return graph


def room_cycle_violations(root, floors=("schema",)):
    """The rooms of a floor form no cycle."""
    found = []
    for floor in floors:
        graph = room_graph(root, floor)
        done = set()

        def visit(room, trail):
            if room in trail:
                cycle = trail[trail.index(room):] + [room]
                why = "; ".join(graph[a][b] for a, b in zip(cycle, cycle[1:]))
                found.append(f"rooms in a cycle: {' -> '.join(cycle)} ({why})")
                return
            if room in done:
                return
            for other in sorted(graph.get(room, {})):
                visit(other, trail + [room])
            done.add(room)

        for room in sorted(graph):
            visit(room, [])
    return found


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def needed_libraries(program):
    return re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "--dynamic", str(program)))


def undefined_symbols(archive):
    return set(re.findall(r"^ +U (\S+)", run("nm", str(archive)), re.MULTILINE))


def strong_symbols(archive):
    """What the archive alone defines: no templates or inline functions."""
    return set(re.findall(r"^[0-9a-f]+ [TDBR] (\S+)", run("nm", str(archive)), re.MULTILINE))


def program(build, name):
    return pathlib.Path(build) / "bin" / name


def archive(build, floor):
    return pathlib.Path(build) / floor / f"libpostmirror_{floor}.a"


def link_violations(build):
    """The proxy knows no database: not its libraries, not the floor that has it."""
    found = []
    proxy = program(build, "postmirror-proxy")
    for library in needed_libraries(proxy):
        if re.match(r"lib(mariadb|mysql)", library):
            found.append(f"{proxy.name} links {library}")
    archives = {floor: archive(build, floor) for floor in FLOORS}
    for floor, below in FLOORS.items():
        undefined = undefined_symbols(archives[floor])
        for other in FLOORS.keys() - below:
            for symbol in sorted(undefined & strong_symbols(archives[other])):
                found.append(f"libpostmirror_{floor}.a needs {symbol} of {other}")
        if floor != "sync":
            for symbol in sorted(undefined):
                if re.match(r"(mysql|mariadb)_", symbol):
                    found.append(f"libpostmirror_{floor}.a needs {symbol} of Connector/C")
    inside = set(re.findall(r" [TDBR] (\S+)", run("nm", str(proxy))))
    for symbol in sorted(inside & strong_symbols(archives["sync"])):
        found.append(f"{proxy.name} holds {symbol} of sync")
    return found
