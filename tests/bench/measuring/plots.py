"""Plots in SVG, by gnuplot."""

import dataclasses
import subprocess

_SCRIPT = """\
set terminal svg size 640,420 dynamic background rgb 'white' font 'sans-serif,12'
set output '{path}'
set title "{title}"
set xlabel "{x_label}"
set key outside below
set grid ytics
set yrange [0:*]
set logscale x
set xtics ({ticks})
{data}
plot {lines}
"""


@dataclasses.dataclass(frozen=True)
class Series:
    name: str
    points: list  # of (x, y)


def draw_lines(path, title, x_label, series):
    """Draws one line for each of the series; x is logarithmic."""
    ticks = sorted({x for line in series for x, _ in line.points})
    blocks = "".join(
        f"$data{number} << END\n"
        + "".join(f"{x} {y}\n" for x, y in line.points)
        + "END\n"
        for number, line in enumerate(series)
    )
    lines = ", ".join(
        f'$data{number} with linespoints linewidth 2 title "{line.name}"'
        for number, line in enumerate(series)
    )
    script = _SCRIPT.format(
        path=path,
        title=title,
        x_label=x_label,
        ticks=", ".join(f'"{tick:g}" {tick}' for tick in ticks),
        data=blocks,
        lines=lines,
    )
    result = subprocess.run(["gnuplot"], input=script, text=True, capture_output=True)
    if result.returncode != 0:
        raise AssertionError(f"gnuplot: {result.stderr.strip()}")
