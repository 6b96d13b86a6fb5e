"""What metrics cost the proxy: a lookup with them and without, and a scrape."""

import random
import statistics

from measuring import markdown
from measuring.figures import equal, quartiles
from measuring.goals import Goal
from measuring.load import Target, run_load
from measuring.mirror import open_mirror
from measuring.process import cpu_seconds
from support.metrics import scrape
from support.ports import free_port
from support.site import ALIASES
from support.waiting import wait_until

NAME = "metrics"
TITLE = "Metrics"

_ROWS, _QUICK_ROWS = 1_000_000, 10_000
# A reload makes new memory for kept replies, which is not always as fast: many
# rounds.
_ROUNDS, _QUICK_ROUNDS = 40, 1
_SCRAPES = 100
_LIMIT = 1.02

# The keys are such that replies are kept: the cheapest lookups, of which metrics are
# the largest part.
_HOT = ("--first=20000",)
_CONNECTIONS = 100

_TEXT = """\
One proxy, whose metrics a reload turns on and off; {rounds} rounds, in each of which \
both states were measured, in an order drawn anew. {connections} connections ask for \
20,000 of {rows} keys, whose replies are kept: the cheapest lookups there are. CPU in \
microseconds a request, with the quartiles; the ratio is the median of those of the \
rounds. A scrape costs {scrape} ms of CPU.

"""


def measure(bench):
    """Returns the costs of each protocol's runs, in both states, by round."""
    rows = _QUICK_ROWS if bench.quick else _ROWS
    rounds = _QUICK_ROUNDS if bench.quick else _ROUNDS
    with open_mirror(bench.folder / NAME, bench.database(rows)) as mirror:
        proxy = _Proxy(mirror.site)
        runs = {name: {"on": [], "off": []} for name in proxy.targets()}
        order = random.Random(rounds)
        for number in range(rounds):
            bench.say(f"round {number + 1} of {rounds}")
            for state in order.sample(("on", "off"), 2):
                proxy.turn(state)
                for name, target in proxy.targets().items():
                    runs[name][state].append(_cost(target, mirror, number))
        proxy.turn("on")
        return {"rows": rows, "runs": runs, "scrape_ms": proxy.scrape_cost()}


def render(results):
    """Returns the section of the report."""
    runs = results["runs"]
    some = next(iter(runs.values()))
    text = _TEXT.format(
        rounds=len(some["on"]),
        connections=_CONNECTIONS,
        rows=markdown.count(results["rows"]),
        scrape=markdown.digits(results["scrape_ms"]),
    )
    rows = [
        (
            name,
            markdown.with_quartiles(quartiles(of["off"])),
            markdown.with_quartiles(quartiles(of["on"])),
            f"{_ratio(of):.3f}",
        )
        for name, of in runs.items()
    ]
    return text + markdown.table(("over", "without", "with", "ratio"), rows)


def goals(results):
    """Returns the goal of each protocol."""
    for name, of in results["runs"].items():
        scaled = quartiles([_LIMIT * each for each in of["off"]])
        yield Goal(
            f"CPU of a lookup with metrics to that without: {name}",
            _LIMIT,
            _ratio(of),
            equal=equal(quartiles(of["on"]), scaled),
        )


def _ratio(of):
    return statistics.median(on / off for on, off in zip(of["on"], of["off"]))


def _cost(target, mirror, number):
    """Returns the CPU of a request."""
    # The first run warms up.
    for _ in range(2):
        result = run_load(
            target,
            mirror.sample,
            connections=_CONNECTIONS,
            seed=number + 1,
            options=_HOT,
        )
    return result["server_cpu_us"]


class _Proxy:
    """The one that is measured."""

    def __init__(self, site):
        self._site = site
        self._port = free_port()

    def targets(self):
        """Returns who is asked, by the name of the table's row."""
        pid, ports = self._site.proxy.pid, self._site.ports
        return {
            "socketmap, unix": Target(
                f"socketmap:{ALIASES}", f"unix:{self._site.unix_socket}", pid
            ),
            "tcp_table, TCP": Target(
                "tcp_table", f"inet:127.0.0.1:{ports[ALIASES]}", pid
            ),
        }

    def turn(self, state):
        """Turns metrics "on" or "off"."""
        where = f"127.0.0.1:{self._port}" if state == "on" else None
        self._site.write_config({"proxy_metrics_listen": where})
        reloaded = self._site.proxy.log().count("reloaded ")
        self._site.proxy.reload()
        wait_until(
            lambda: self._site.proxy.log().count("reloaded ") > reloaded,
            20,
            lambda: f"the proxy reloads:\n{self._site.proxy.log()}",
        )

    def scrape_cost(self):
        """Returns the CPU of a scrape in milliseconds."""
        before = cpu_seconds(self._site.proxy.pid)
        for _ in range(_SCRAPES):
            scrape(self._port)
        spent = cpu_seconds(self._site.proxy.pid) - before
        return spent * 1000 / _SCRAPES
