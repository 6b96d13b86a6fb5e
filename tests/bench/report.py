"""The results of tests/bench/follow for people (Markdown) and for programs (JSON)."""

import json

_HEAD = """\
# From commit to visible

{cpu}, {cores} cores, Linux {kernel}, MariaDB {mariadb}, {file_system}; \
load average before: {load_average:.2f}

Times are in milliseconds, from the OK of a commit until a reply has the change; who \
asks polls without a pause. postmirror and the replica run all the time and are asked \
in turns; where postmirror follows by lsn, its primary has no binlog, and the replica \
has another primary. Durability: innodb_flush_log_at_trx_commit=1, sync_binlog=0 on \
primary and replica; the replica has MariaDB's defaults besides.
"""

_SINGLES = """
## Single changes

| scenario | postmirror median / p99 | replica median / p99 | postmirror : replica |
|---|---|---|---|
"""
_DETAILS = """
`primary` is the primary itself, polled as the replica is: the floor of the method. \
`load` is the rate that was reached on the primary in question.

| scenario | polled | n | median | p90 | p99 | max | commit | load | fdatasync |
|---|---|---|---|---|---|---|---|---|---|
"""
_BATCHES = """
## Bulk

Transactions of 1000 rows each without a pause; lag is from a batch's commit until its \
last row is visible. A rate is too much for who lags ever more (by over 5 % of the \
time).

| scenario | polled | rows/s | reached | first second | last second | max | lag |
|---|---|---|---|---|---|---|---|
"""


def render_markdown(results):
    """Returns the whole report."""
    text = _HEAD.format(**results["machine"])
    if results["singles"]:
        text += _SINGLES + "".join(map(_single_row, results["singles"]))
        text += _DETAILS + "".join(
            _detail_row(result, name)
            for result in results["singles"]
            for name in result["targets"]
        )
    if results["batches"]:
        text += _BATCHES + "".join(map(_batch_rows, results["batches"]))
        text += "\n" + "".join(map(_highest_rates, results["batches"]))
    if results["failures"]:
        text += "\n## Failed\n\n"
        text += "".join(f"* {_one_line(each)}\n" for each in results["failures"])
    return text


def write_json(path, results):
    """Writes everything, every sample included."""
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def _single_row(result):
    ours, theirs = (result["targets"][name] for name in ("postmirror", "replica"))
    ratio = " / ".join(f"{ours[key] / theirs[key]:.2f}" for key in ("median", "p99"))
    return _row(result["scenario"], _median_p99(ours), _median_p99(theirs), ratio)


def _detail_row(result, name):
    figures, sync = result["targets"][name], result["fdatasync_us"]
    return _row(
        result["scenario"],
        name,
        figures["n"],
        *(_millis(figures[each]) for each in ("median", "p90", "p99", "max")),
        _millis(figures["commit_median"]),
        f"{figures['load_per_second']:.0f}/s",
        f"{_millis(sync['median'] / 1000)} / {_millis(sync['p99'] / 1000)}",
    )


def _batch_rows(result):
    return "".join(
        _row(
            result["scenario"],
            name,
            each["rate"],
            f"{each['rate_reached']:.0f}",
            *(_millis(each[key]) for key in ("first_second", "last_second", "max")),
            "bounded" if each["bounded"] else f"grows {each['growth']:.2f} s/s",
        )
        for name, rates in result["rates"].items()
        for each in rates
    )


def _highest_rates(result):
    text = ""
    for name, rates in result["rates"].items():
        held = [each["rate_reached"] for each in rates if each["bounded"]]
        highest = f"{max(held):.0f} rows/s" if held else "none that was tried"
        text += f"* {result['scenario']}: {name} keeps up with: {highest}\n"
    return text


def _median_p99(figures):
    return f"{_millis(figures['median'])} / {_millis(figures['p99'])}"


def _millis(value):
    # Three digits are more than any of these figures deserves.
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _row(*cells):
    return f"| {' | '.join(map(str, cells))} |\n"


def _one_line(text):
    return " ".join(text.split())[:500]
