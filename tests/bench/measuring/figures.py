"""What is said of a series of measurements."""

import statistics


def percentile(values, percent):
    """Returns the percentile by nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def summary(values):
    """Median, p90, p99, maximum and count."""
    return {
        "n": len(values),
        "median": statistics.median(values),
        "p90": percentile(values, 90),
        "p99": percentile(values, 99),
        "max": max(values),
    }


def quartiles(values):
    """Median, lower and upper quartile, and count, of interleaved rounds."""
    if len(values) == 1:
        values = [*values, *values]
    lower, median, upper = statistics.quantiles(values, n=4, method="inclusive")
    return {"n": len(values), "q1": lower, "median": median, "q3": upper}


def equal(ours, theirs):
    """Whether the quartiles overlap, so that neither can be called the smaller one."""
    return ours["q1"] <= theirs["q3"] and theirs["q1"] <= ours["q3"]
