"""tests/bench/run, which builds first: the order of things, and the report."""

import argparse
import dataclasses
import json
import pathlib
import signal
import sys

from measuring import markdown
from measuring.bench import open_bench
from measuring.machine import describe_machine, machine_line
from sections import SECTIONS

_BEGIN, _END = "<!-- figures -->", "<!-- end of the figures -->"


def main():
    # SIGTERM too shall end the servers and remove the folder.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    arguments = _parse_arguments()
    sections = [
        each for each in SECTIONS if not arguments.only or each.NAME in arguments.only
    ]
    results = {"quick": arguments.quick, "sections": {}, "goals": [], "failures": []}
    with open_bench(arguments.folder, arguments.quick) as bench:
        results["machine"] = describe_machine(bench.folder)
        for section in sections:
            _run(section, bench, results)
    text = _render(sections, results)
    print(text, end="")
    if arguments.output:
        _write(arguments.output, sections, results)
    if arguments.readme:
        _write_readme(arguments.readme, _summary(sections, results))
    return 1 if results["failures"] else 0


def _parse_arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run", allow_abbrev=False)
    parser.add_argument("--quick", action="store_true")
    names = [each.NAME for each in SECTIONS]
    parser.add_argument("--only", action="append", choices=names)
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--readme", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("/tmp"))
    return parser.parse_args()


def _run(section, bench, results):
    bench.say(f"{section.NAME}: {section.TITLE}")
    try:
        measured = section.measure(bench)
    except AssertionError as error:
        # The other sections' figures are worth having all the same.
        bench.say(f"{section.NAME}: FAILED: {error}")
        results["failures"].append(f"{section.NAME}: {error}")
        return
    results["sections"][section.NAME] = measured
    for goal in section.goals(measured):
        results["goals"].append({**dataclasses.asdict(goal), "verdict": goal.verdict})


def _head(results):
    text = f"{machine_line(results['machine'])}\n"
    if results["quick"]:
        text += "\nA quick run: it finds errors, and its figures mean little.\n"
    return text


def _goals(results):
    rows = [
        (
            each["what"],
            f"{markdown.digits(each['limit'])} {each['unit']}",
            f"{markdown.digits(each['value'])} {each['unit']}",
            each["verdict"],
        )
        for each in results["goals"]
    ]
    return markdown.table(("goal", "at most", "measured", ""), rows)


def _render(sections, results):
    text = f"# postmirror's figures\n\n{_head(results)}"
    if results["goals"]:
        text += f"\n## Goals\n\n{_goals(results)}"
    for section, measured in _measured(sections, results):
        text += f"\n## {section.TITLE}\n\n{section.render(measured)}"
    if results["failures"]:
        text += "\n## Failed\n\n"
        text += "".join(f"* {_one_line(each)}\n" for each in results["failures"])
    return text


def _summary(sections, results):
    text = _head(results)
    for section, measured in _measured(sections, results):
        if hasattr(section, "summary"):
            text += f"\n### {section.TITLE}\n\n{section.summary(measured)}"
    return f"{text}\n### What was aimed at\n\n{_goals(results)}"


def _measured(sections, results):
    for section in sections:
        if section.NAME in results["sections"]:
            yield section, results["sections"][section.NAME]


def _write(folder, sections, results):
    folder.mkdir(parents=True, exist_ok=True)
    text = _render(sections, results)
    for section, measured in _measured(sections, results):
        if hasattr(section, "plots"):
            for name in section.plots(measured, folder):
                text += f"\n![{section.TITLE}]({name})\n"
    (folder / "figures.md").write_text(text, encoding="utf-8")
    (folder / "figures.json").write_text(
        json.dumps(results, indent=1) + "\n", encoding="utf-8"
    )


def _write_readme(path, text):
    """Replaces what stands between the two comments."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(_BEGIN)
    _, end, after = rest.partition(_END)
    assert begin and end, f"{path} has no {_BEGIN} and {_END}"
    path.write_text(f"{before}{begin}\n{text}{end}{after}", encoding="utf-8")


def _one_line(text):
    return " ".join(text.split())[:500]


if __name__ == "__main__":
    sys.exit(main())
