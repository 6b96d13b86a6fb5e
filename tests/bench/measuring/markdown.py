"""The pieces of a report."""


def table(head, rows):
    """Returns a table; cells may be anything that has a text."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def digits(value):
    """Returns the number with three digits, more than most figures deserve."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def with_quartiles(figures):
    """Returns a median with its quartiles."""
    quartiles = "–".join(digits(figures[key]) for key in ("q1", "q3"))
    return f"{digits(figures['median'])} ({quartiles})"


def count(number):
    """Returns a number of rows or connections as people say it."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= size and number % size == 0:
            return f"{number // size}{letter}"
    return str(number)
