"""Runs commit_to_visible and makes statistics of the lines that it prints."""

import collections
import statistics
import subprocess

from measuring.figures import summary
from support.programs import program_path

_TIMEOUT_SECONDS = 3600

# Who falls behind lags more by the time that it falls behind: without end. Who
# follows in large steps has a lag that goes up and down instead.
_FALLS_BEHIND = 0.05  # seconds of lag a second
# A primary that does not reach the rate says nothing about who follows it.
_REACHED = 0.95


def measure_singles(targets, changes, rounds, load):
    """Measures single changes: for each target's name its figures, in milliseconds.

    The targets take turns, `rounds` times with `changes` changes each.
    """
    lines = _run("single", changes, rounds, load, *_words(targets))
    results = {}
    for name, _, _ in targets:
        commits, visible = zip(*lines["change", name])
        reached = [rate for (rate,) in lines["load", name]]
        results[name] = {
            **summary(_millis(visible)),
            "commit_median": statistics.median(_millis(commits)),
            "load_per_second": statistics.mean(reached),
            "samples": _millis(visible),
        }
    return results


def measure_batches(targets, rates, seconds):
    """Measures batches at each of the rates, which rise: for each target's name the
    list of its figures. One that falls behind is not asked for more."""
    results = {name: [] for name, _, _ in targets}
    for rate in rates:
        for target in targets:
            figures = results[target[0]]
            if all(each["bounded"] and each["reached"] for each in figures):
                figures.append(_measure_batch(target, rate, seconds))
    return results


def _measure_batch(target, rate, seconds):
    name = target[0]
    lines = _run("batch", rate, seconds, *_words([target]))
    committed, lags = (_millis(each) for each in zip(*lines["batch", name]))
    [(reached,)] = lines["rate", name]

    def median_lag(begin, end):
        return statistics.median(
            lag for at, lag in zip(committed, lags) if begin <= at <= end
        )

    growth = _growth([*zip(committed, lags)])
    return {
        "rate": rate,
        "rate_reached": reached,
        "reached": reached >= _REACHED * rate,
        "first_second": median_lag(committed[0], committed[0] + 1000),
        "last_second": median_lag(committed[-1] - 1000, committed[-1]),
        "growth": growth,
        "bounded": growth < _FALLS_BEHIND,
        **summary(lags),
        "batches": [*zip(committed, lags)],
    }


def _growth(points):
    """How much the lag grows, in milliseconds a millisecond, by least squares; the
    first second apart, in which it becomes what it will be."""
    times, lags = zip(*(each for each in points if each[0] >= 1000))
    if len(set(times)) < 2:
        raise AssertionError("the batches took less than a second")
    return statistics.linear_regression(times, lags).slope


def _run(*arguments):
    """Returns the numbers of each line, in lists by (kind of line, target's name)."""
    result = subprocess.run(
        [program_path("commit_to_visible"), *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
    )
    if result.returncode != 0:
        raise AssertionError(result.stderr.strip())
    lines = collections.defaultdict(list)
    for line in result.stdout.splitlines():
        kind, name, *numbers = line.split()
        lines[kind, name].append(tuple(map(float, numbers)))
    return lines


def _words(targets):
    return [word for target in targets for word in target]


def _millis(nanoseconds):
    return [each / 1e6 for each in nanoseconds]
