#!/usr/bin/env python3
"""Lints every source of ours that a build with clang compiles.

    tree.py BUILD_DIR

Most of the time of clang-tidy goes into headers, and a source by itself reads them
alone. So units are made that include up to 20 sources each. Findings name the real
file. Whatever a unit cannot be compiled with is linted by itself.
"""

import collections
import concurrent.futures
import itertools
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("schema", "proxy", "sync", "tests")
SOURCES_OF_A_UNIT = 20
# Names that a source may keep to itself, as clang-format leaves them: at the start of a
# line. Two sources of a unit must not have the same.
DEFINITION = re.compile(
    r"^(?:(?:enum )?(?:class|struct|enum|union) (\w+)|using (\w+) =|#define (\w+)"
    r"|(?=\w)(?!namespace|using|extern|template|TEST|BENCHMARK)(?:.*?[ *&])??"
    r"(?<![\w:])(\w+)(?:\(|\[| =\s|;|\{))",
    re.MULTILINE,
)
USING = re.compile(r"^(?:using [\w:]*::(?=\w+;)|namespace (?=\w+ = ))(\w+)", re.MULTILINE)
NOT_COMPILED = re.compile(r"^(/.+?):\d+:\d+: error: .*\[clang-diagnostic-error", re.MULTILINE)
FINDING = re.compile(r"^(?=/.+:\d+:\d+: (?:error|warning): )", re.MULTILINE)

# The analyzer goes deep into what a function calls: in a test, that is GoogleTest, and took
# most of the time.
OF_TESTS = ("-Xclang", "-analyzer-config", "-Xclang", "mode=shallow")

Source = collections.namedtuple("Source", "path flags names")


def read_sources(build):
    """The sources of ours in BUILD, in the order of their paths."""
    sources = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = os.path.normpath(os.path.join(entry["directory"], entry["file"]))
        folder = pathlib.PurePath(os.path.relpath(path, ROOT)).parts[0]
        if folder not in FOLDERS:
            continue
        words = shlex.split(entry["command"])
        names = {name for found in DEFINITION.findall(pathlib.Path(path).read_text())
                 for name in found if name}
        # The build proves that there are no warnings; a unit may well have some.
        flags = [word for word in words[:words.index("-o")] if not word.startswith("-W")]
        flags += OF_TESTS if folder == "tests" else ()
        sources[path] = Source(path, flags, names)
    return [sources[path] for path in sorted(sources)]


def make_units(sources):
    """Lists of sources with the same flags, none of which have a name in common."""
    units = []
    for source in sources:
        for unit in units:
            if (len(unit) < SOURCES_OF_A_UNIT and unit[0].flags == source.flags
                    and all(source.names.isdisjoint(other.names) for other in unit)):
                unit.append(source)
                break
        else:
            units.append([source])
    return units


def unused_using(source):
    """clang-tidy counts a using-declaration as used if any source of the unit uses it."""
    text = pathlib.Path(source.path).read_text()
    for found in USING.finditer(text):
        if len(re.findall(rf"\b{found[1]}\b", text)) == 1:
            line = text.count("\n", 0, found.start()) + 1
            yield f"{source.path}:{line}:1: error: '{found[1]}' is not used\n"


class Lint:
    """Runs clang-tidy on units, which are written into FOLDER."""

    def __init__(self, folder):
        self.folder = folder
        self.numbers = itertools.count(1)

    def findings(self, unit):
        """All that clang-tidy finds in the sources of UNIT."""
        done = self.run(unit)
        failed = set(NOT_COMPILED.findall(done.stdout))
        if not failed or len(unit) == 1:
            found = FINDING.split(done.stdout)[1:]
            return found or ([done.stdout + done.stderr] if done.returncode else [])
        # Where a header failed, any of them may be the cause.
        alone = [source for source in unit if source.path in failed] or unit
        print("tidy: by itself:", *(source.path for source in alone), flush=True)
        parts = [[source] for source in alone]
        if len(alone) < len(unit):
            parts.append([source for source in unit if source not in alone])
        return [finding for part in parts for finding in self.findings(part)]

    def run(self, unit):
        folder = self.folder / str(next(self.numbers))
        folder.mkdir(parents=True, exist_ok=True)
        # By this name, and no other, the analyzer knows that what is included directly
        # is to be analyzed as well.
        path = folder / "UnifiedSource.cc"
        path.write_text("".join(
            f'#include "{source.path}"  // NOLINT(bugprone-suspicious-include)\n'
            for source in unit))
        (folder / "compile_commands.json").write_text(json.dumps([{
            "directory": str(folder), "file": str(path),
            "arguments": [*unit[0].flags, "-c", str(path)]}]))
        return subprocess.run(
            ["clang-tidy", "--quiet", f"--config-file={ROOT}/.clang-tidy", "-p", folder, path],
            capture_output=True, text=True, check=False)


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    sources = read_sources(build)
    if not sources:
        sys.exit(f"tidy: {build}/compile_commands.json names no source of ours")
    units = make_units(sources)
    print(f"tidy: {len(sources)} sources in {len(units)} units", flush=True)
    findings = {finding for source in sources for finding in unused_using(source)}
    print(*sorted(findings), sep="", end="", flush=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
        units.sort(key=len, reverse=True)
        for found in threads.map(Lint(build / "tidy").findings, units):
            # A header's finding comes with every unit that includes it.
            new = [finding for finding in found if finding not in findings]
            print(*new, sep="", end="", flush=True)
            findings.update(new)
    if findings:
        sys.exit(f"tidy: {len(findings)} findings")


if __name__ == "__main__":
    main()
