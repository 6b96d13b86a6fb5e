"""The results of the section for people, and its goals."""

from measuring.goals import Goal
from measuring.markdown import digits

_HEAD = """\
Times are in milliseconds, from the OK of a commit until a reply has the change; who \
asks polls without a pause. postmirror and the replica run all the time and are asked \
in turns; where postmirror follows by lsn, its primary has no binlog, and the replica \
has another primary. Durability: innodb_flush_log_at_trx_commit=1, sync_binlog=0 on \
primary and replica; the replica has MariaDB's defaults besides.
"""

_SUMMARY = """\
Milliseconds from the OK of a commit until a lookup has the change, beside a real \
replica that is polled in the same way.

"""

_SINGLES = """\
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
### Bulk

Transactions of 1000 rows each without a pause; lag is from a batch's commit until its \
last row is visible. A rate is too much for who lags ever more (by over 5 % of the \
time).

| scenario | polled | rows/s | reached | first second | last second | max | lag |
|---|---|---|---|---|---|---|---|
"""


def render(results):
    """Returns the section of the report."""
    text = _HEAD
    text += "\n### Single changes\n\n" + _SINGLES
    text += "".join(map(_single_row, results["singles"]))
    text += _DETAILS + "".join(
        _detail_row(result, name)
        for result in results["singles"]
        for name in result["targets"]
    )
    text += _BATCHES + "".join(map(_batch_rows, results["batches"]))
    text += "\n" + "".join(map(_highest_rates, results["batches"]))
    return text


def summary(results):
    """Returns the single changes, in milliseconds."""
    return _SUMMARY + _SINGLES + "".join(map(_single_row, results["singles"]))


def goals(results):
    """Returns the goals: not later than the replica by binlog, a limit by lsn."""
    found = []
    for result in results["singles"]:
        ours, theirs = (result["targets"][name] for name in ("postmirror", "replica"))
        if result["source"] == "binlog":
            found += [
                Goal(
                    f"commit to visible: {result['scenario']}: {key} to the replica's",
                    1,
                    ours[key] / theirs[key],
                )
                for key in ("median", "p99")
            ]
        elif result["rows"] <= 10_000:
            what = f"commit to visible: {result['scenario']}: p99"
            found.append(Goal(what, 80, ours["p99"], "ms"))
    return found


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
        *(digits(figures[each]) for each in ("median", "p90", "p99", "max")),
        digits(figures["commit_median"]),
        f"{figures['load_per_second']:.0f}/s",
        f"{digits(sync['median'] / 1000)} / {digits(sync['p99'] / 1000)}",
    )


def _batch_rows(result):
    return "".join(
        _row(
            result["scenario"],
            name,
            each["rate"],
            f"{each['rate_reached']:.0f}",
            *(digits(each[key]) for key in ("first_second", "last_second", "max")),
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
    return f"{digits(figures['median'])} / {digits(figures['p99'])}"


def _row(*cells):
    return f"| {' | '.join(map(str, cells))} |\n"
