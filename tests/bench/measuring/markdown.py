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
    return f"{digits(figures['median'])} ({digits(figures['q1'])}–{digits(figures['q3'])})"


def count(number):
    """Returns a number of rows or connections as people say it."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= size and number % size == 0:
            return f"{number // size}{letter}"
    return str(number)
