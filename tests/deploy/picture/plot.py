"""The picture: some panels of the dashboard as a SVG, by gnuplot, in the colours of a
dark Grafana, which can be read on a white page and on a dark one."""

import math
import pathlib
import subprocess

_WIDTH, _HEIGHT = 1000, 900
_PAGE, _CARD, _TEXT, _GRID = "#111217", "#1b1e23", "#ccccdc", "#33363d"
_GREEN, _BLUE, _ORANGE = "#73bf69", "#5794f2", "#ff9830"
_RED, _PURPLE = "#f2495c", "#b877d9"
_PALETTE = (_GREEN, _BLUE, _ORANGE, _PURPLE, _RED)
_COLOURS = {
    **{"found": _GREEN, "not_found": _BLUE, "temporary": _RED},
    **{"added": _GREEN, "changed": _BLUE, "removed": _ORANGE},
}
_SPAN_COLOURS = (_RED, _ORANGE)

_SECONDS_TICKS = ", ".join(
    f"'{text}' {value}"
    for text, value in (
        ("1 µs", 1e-6),
        ("10 µs", 1e-5),
        ("100 µs", 1e-4),
        ("1 ms", 1e-3),
        ("10 ms", 1e-2),
        ("100 ms", 0.1),
        ("1 s", 1),
    )
)
# Of each panel of the dashboard, row by row: what is said above, and how it is drawn.
_PANELS = (
    ("Lookups by outcome", "a second", "stacked"),
    ("Duration of a lookup", "without the network", "seconds"),
    ("Freshness", "seconds since the copy was known to be right", ""),
    ("Changes applied", "entries a second", ""),
    ("Removals that wait", "entries that the guard holds", ""),
    ("Diffs", "comparisons with the database a second", ""),
)

# Of the whole picture.
_MARGIN, _GAP, _HEAD = 0.014, 0.014, 0.075
_COLUMNS, _ROWS = 2, 3


def draw(file, recording):
    """Draws the Recording into a file."""
    script = "\n".join([*_head(file, recording), *_all_panels(recording)])
    result = subprocess.run(
        ["gnuplot"], input=script, text=True, capture_output=True, check=False
    )
    if result.returncode != 0:
        raise AssertionError(f"gnuplot: {result.stderr.strip()}")
    # gnuplot ends some lines with blanks.
    path = pathlib.Path(file)
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line.rstrip() for line in lines if line.strip()) + "\n")


def _head(file, recording):
    yield (
        f"set terminal svg size {_WIDTH},{_HEIGHT} dynamic"
        f" background rgb '{_PAGE}' font 'sans-serif,12' noenhanced"
    )
    yield f"set output '{file}'"
    yield "set encoding utf8"
    yield "set multiplot"
    # The labels of the page belong to the first plot, which has nothing else.
    yield "unset border; unset tics; unset key; unset title"
    yield "set lmargin 0; set rmargin 0; set tmargin 0; set bmargin 0"
    top = 1 - _HEAD / 2
    yield (
        f"set label 1 'postmirror' at screen {_MARGIN},{top} left"
        f" font 'sans-serif,19' textcolor rgb '{_TEXT}'"
    )
    left = 0.24
    for number, span in enumerate(recording.spans):
        yield (
            f"set object {number + 1} rectangle from screen {left},{top - 0.009}"
            f" to screen {left + 0.018},{top + 0.009} fillcolor rgb"
            f" '{_SPAN_COLOURS[number]}' fillstyle transparent solid 0.6 noborder"
        )
        yield (
            f"set label {number + 2} '{span.what}' at screen {left + 0.027},{top}"
            f" left font 'sans-serif,13' textcolor rgb '{_TEXT}'"
        )
        left += 0.22
    yield "plot [0:1] [0:1] -1 notitle"
    yield "unset label; unset object"


def _all_panels(recording):
    width = (1 - 2 * _MARGIN - (_COLUMNS - 1) * _GAP) / _COLUMNS
    height = (1 - _HEAD - _MARGIN - (_ROWS - 1) * _GAP) / _ROWS
    for number, (title, subtitle, kind) in enumerate(_PANELS):
        row, column = divmod(number, _COLUMNS)
        left = _MARGIN + column * (width + _GAP)
        bottom = 1 - _HEAD - (row + 1) * height - row * _GAP
        yield from _card(left, bottom, left + width, bottom + height)
        yield from _axes(recording, title, subtitle, kind)
        yield from _legend(left, bottom)
        yield from _spans(recording)
        lines = [(name, points) for name, points in recording.lines[title]]
        yield from (_stacked if kind == "stacked" else _lines)(number, lines)


def _card(left, bottom, right, top):
    yield "reset"
    yield (
        f"set object 1 rectangle from screen {left},{bottom} to screen {right},{top}"
        f" fillcolor rgb '{_CARD}' fillstyle solid 1 noborder behind"
    )
    yield f"set lmargin at screen {left + 0.058}; set rmargin at screen {right - 0.016}"
    yield f"set bmargin at screen {bottom + 0.062}; set tmargin at screen {top - 0.042}"


def _axes(recording, title, subtitle, kind):
    yield (
        f"set label 1 '{title}' at graph 0,1 left offset character -5.2,1.1"
        f" font 'sans-serif,14' textcolor rgb '{_TEXT}'"
    )
    yield (
        f"set label 2 '{subtitle}' at graph 1,1 right offset character 0,1.1"
        f" font 'sans-serif,11' textcolor rgb '#8e8e9e'"
    )
    yield f"set border 1 linecolor rgb '{_GRID}'"
    yield f"set tics nomirror scale 0 font 'sans-serif,11' textcolor rgb '{_TEXT}'"
    yield f"set grid ytics linetype 1 linewidth 0.6 linecolor rgb '{_GRID}'"
    yield f"set xrange [0:{recording.seconds:.0f}]; set xtics 30 format '%g s'"
    yield "set datafile missing 'NaN'"
    if kind == "seconds":
        yield f"set logscale y; set ytics ({_SECONDS_TICKS}); set yrange [*:*]"
    else:
        yield "set yrange [0:*]; set ytics autofreq; set format y '%g'"
    yield "set offsets 0, 0, graph 0.06, 0"


def _legend(left, bottom):
    yield (
        f"set key at screen {left + 0.012},{bottom + 0.03} left top horizontal Left"
        f" reverse samplen 1.2 font 'sans-serif,11' textcolor rgb '{_TEXT}'"
    )


def _spans(recording):
    for number, span in enumerate(recording.spans):
        yield (
            f"set object {number + 2} rectangle from first {span.begin:.1f}, graph 0"
            f" to first {span.end:.1f}, graph 1 fillcolor rgb '{_SPAN_COLOURS[number]}'"
            " fillstyle transparent solid 0.2 noborder behind"
        )


def _lines(number, lines):
    plots = []
    for index, (name, points) in enumerate(lines):
        block = f"$panel{number}_{index}"
        yield f"{block} << END"
        yield from (f"{second:.0f} {value:.5g}" for second, value in points)
        yield "END"
        plots.append(
            f"{block} using 1:2 with lines linewidth 1.8"
            f" linecolor rgb '{_colour(name, index)}' title '{_short(name)}'"
        )
    yield "plot " + ", ".join(plots)


def _stacked(number, lines):
    """Areas upon each other, the first at the bottom."""
    feet = {}
    plots = []
    for index, (name, points) in enumerate(sorted(lines)):
        block = f"$panel{number}_{index}"
        yield f"{block} << END"
        for second, value in points:
            foot = feet.get(second, 0)
            feet[second] = foot + (0 if math.isnan(value) else value)
            yield f"{second:.0f} {foot:.5g} {feet[second]:.5g}"
        yield "END"
        plots.append(
            f"{block} using 1:2:3 with filledcurves fillcolor rgb"
            f" '{_colour(name, index)}' fillstyle transparent solid 0.75 noborder"
            f" title '{_short(name)}'"
        )
    yield "plot " + ", ".join(plots)


def _colour(name, index):
    return _COLOURS.get(name, _PALETTE[index % len(_PALETTE)])


def _short(name):
    """Returns a map's name without its folder and what all map files have."""
    return name.rpartition("/")[2].removeprefix("mysql-").removesuffix(".cf")
