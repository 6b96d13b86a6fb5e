"""tests/bench/run, which builds first: the order of things, and the report."""

import argparse
import dataclasses
import json
import pathlib
import signal
import sys
import traceback

from measuring import markdown
from measuring.bench import open_bench
from measuring.machine import describe_machine, machine_line
from sections import SECTIONS

_BEGIN, _END = "<!-- figures -->", "<!-- end of the figures -->"


def main():
    # These too shall end the servers and remove the folder.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda got, _: sys.exit(128 + got))
    arguments = _parse_arguments()
    if arguments.readme:
        _split_readme(arguments.readme)  # better now than after an hour
    sections = [
        each for each in SECTIONS if not arguments.only or each.NAME in arguments.only
    ]
    results = {"quick": arguments.quick, "sections": {}, "goals": [], "failures": []}
    with open_bench(arguments.folder, arguments.quick) as bench:
        results["machine"] = describe_machine(bench.folder)
        for section in sections:
            _run(section, bench, results)
            if arguments.output:
                _write_json(arguments.output, results)
    print(_render(sections, results), end="")
    if arguments.output:
        _write_markdown(arguments.output, sections, results)
    if results["failures"]:
        return 1
    if arguments.readme:
        _write_readme(arguments.readme, _summary(sections, results))
    return 0


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
        goals = list(section.goals(measured))
    except Exception as error:  # the other sections' figures are worth having
        traceback.print_exc()
        results["failures"].append(f"{section.NAME}: {error}")
        return
    results["sections"][section.NAME] = measured
    for goal in goals:
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


def _write_json(folder, results):
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(results, indent=1) + "\n"
    (folder / "figures.json").write_text(text, encoding="utf-8")


def _write_markdown(folder, sections, results):
    text = _render(sections, results)
    for section, measured in _measured(sections, results):
        if hasattr(section, "plots"):
            for name in section.plots(measured, folder):
                text += f"\n![{section.TITLE}]({name})\n"
    (folder / "figures.md").write_text(text, encoding="utf-8")


def _write_readme(path, text):
    """Replaces what stands between the two comments."""
    before, after = _split_readme(path)
    path.write_text(f"{before}{_BEGIN}\n{text}{_END}{after}", encoding="utf-8")


def _split_readme(path):
    before, begin, rest = path.read_text(encoding="utf-8").partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise SystemExit(f"{path} has no {_BEGIN} and {_END}")
    return before, after


def _one_line(text):
    return " ".join(text.split())[:500]


if __name__ == "__main__":
    sys.exit(main())
