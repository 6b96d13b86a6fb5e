"""The Grafana dashboard of deploy/grafana, and what Grafana makes of it before it asks
Prometheus.

    for panel in panels():
        for query in panel.queries:
            expression = query.expression(values, rate_interval="4s")
"""

import dataclasses
import json
import pathlib
import re

FILE = pathlib.Path(__file__).parents[2] / "deploy" / "grafana" / "postmirror.json"

_VARIABLE = re.compile(r"\$(\w+)")
_LEGEND_LABEL = re.compile(r"\{\{(\w+)\}\}")


@dataclasses.dataclass(frozen=True)
class Query:
    expr: str
    legend: str

    @property
    def labels(self):
        """The labels that the legend shows."""
        return set(_LEGEND_LABEL.findall(self.legend))

    def name(self, labels):
        """Returns the legend of a series with these labels."""
        return _LEGEND_LABEL.sub(lambda match: labels[match[1]], self.legend)

    def expression(self, values, rate_interval):
        """Returns what Prometheus is asked, with these lists of values chosen for the
        dashboard's variables."""

        def chosen(match):
            if match[1] == "__rate_interval":
                return rate_interval
            # What stands in a string of PromQL has its backslashes doubled.
            escaped = [re.escape(value) for value in values[match[1]]]
            return "|".join(escaped).replace("\\", "\\\\")

        return _VARIABLE.sub(chosen, self.expr)


@dataclasses.dataclass(frozen=True)
class Panel:
    title: str
    queries: list


@dataclasses.dataclass(frozen=True)
class Variable:
    """What is chosen from: the values of a label of some series."""

    name: str
    series: str
    label: str


def read():
    """Returns the dashboard as Grafana reads it."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def panels():
    """Returns the panels that ask something."""
    return [
        Panel(
            each["title"],
            [Query(one["expr"], one["legendFormat"]) for one in each["targets"]],
        )
        for each in read()["panels"]
        if each["type"] != "row"
    ]


def variables():
    """Returns the variables that are chosen from what Prometheus has, in their order: a
    later one's series may name an earlier one."""
    pattern = re.compile(r"label_values\((.*), (\w+)\)")
    return [
        Variable(each["name"], *pattern.fullmatch(each["query"]["query"]).groups())
        for each in read()["templating"]["list"]
        if each["type"] == "query"
    ]
