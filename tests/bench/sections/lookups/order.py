"""The order of things: all servers run, and in each round each is asked once for
each cell; the order of the cells, and of the servers in each, is drawn anew."""

import contextlib
import random

from measuring.load import run_load
from measuring.mirror import open_mirror

from .cells import OPTIONS, all_cells
from .contenders import Contenders

_ROUNDS, _QUICK_ROUNDS = 15, 2


def measure(bench):
    """Returns for each cell what each server's runs have cost."""
    cells = list(all_cells(bench.quick))
    with contextlib.ExitStack() as stack:
        sites = {}
        for rows in sorted({cell.rows for cell in cells}):
            bench.say(f"starting the servers with {rows} entries")
            folder = bench.folder / f"lookups-{rows}"
            mirror = stack.enter_context(open_mirror(folder, bench.database(rows)))
            servers = Contenders(folder / "others", mirror, mirror.entries)
            sites[rows] = mirror, stack.enter_context(servers)
        return {"cells": _run_rounds(bench, cells, sites)}


def _run_rounds(bench, cells, sites):
    runs = {}
    rounds = _QUICK_ROUNDS if bench.quick else _ROUNDS
    order = random.Random(rounds)
    for number in range(rounds):
        bench.say(f"round {number + 1} of {rounds}")
        for cell in order.sample(cells, len(cells)):
            mirror, servers = sites[cell.rows]
            asked = [each for each in servers.all if cell.asks(each)]
            # One after the other, so that what is compared is close in time.
            for contender in order.sample(asked, len(asked)):
                runs.setdefault((cell, contender.name), []).append(
                    _run(cell, contender, mirror, number)
                )
    return [
        {
            "rows": cell.rows,
            "transport": cell.transport,
            "connections": cell.connections,
            "keys": cell.keys,
            "runs": {
                name: result for (of, name), result in runs.items() if of == cell
            },
        }
        for cell in cells
    ]


def _run(cell, contender, mirror, number):
    return run_load(
        contender.target,
        mirror.sample,
        connections=cell.connections,
        seed=number + 1,
        options=OPTIONS[cell.keys],
    )
