"""A Prometheus of the test's own, configured by deploy/prometheus.

    prometheus = Prometheus(folder, sync="127.0.0.1:12345", proxy="127.0.0.1:12346")
    prometheus.start()
    prometheus.query("postmirror_sync_connected")
    prometheus.close()
"""

import dataclasses
import json
import pathlib
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from support.ports import free_port
from support.waiting import wait_until

FOLDER = pathlib.Path(__file__).parents[2] / "deploy" / "prometheus"
CONFIG = FOLDER / "prometheus.yml"
RULES = FOLDER / "postmirror.rules.yml"
RULES_TEST = FOLDER / "postmirror.rules.test.yml"

# Straight to the server, whatever proxy the environment names.
_http = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclasses.dataclass(frozen=True)
class Series:
    labels: dict
    points: list  # of (time, value)

    @property
    def value(self):
        """The last one."""
        return self.points[-1][1]


def get(url):
    """Returns the text at a URL; raises OSError where there is none."""
    with _http.open(url, timeout=20) as reply:
        return reply.read().decode()


def promtool(*arguments):
    """Runs promtool, returns a CompletedProcess with text."""
    return subprocess.run(
        ["promtool", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


class Prometheus:
    """Scrapes both daemons, and evaluates the rules, every `interval`."""

    def __init__(self, folder, sync, proxy, interval="250ms"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self._address = f"127.0.0.1:{free_port()}"
        self._config = self.folder / "prometheus.yml"
        self._log = self.folder / "log"
        self._process = None
        self._write_config({"9940": sync, "9941": proxy}, interval)

    def start(self):
        """Starts the server and waits until it answers."""
        command = [
            "prometheus",
            f"--config.file={self._config}",
            f"--storage.tsdb.path={self.folder / 'series'}",
            f"--web.listen-address={self._address}",
            "--log.level=warn",
        ]
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        wait_until(self._is_ready, 60, lambda: f"Prometheus: {self._log.read_text()}")

    def close(self):
        """Ends the server, if it runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(20)
            self._process = None

    def query(self, expression):
        """Returns the Series that an expression gives now."""
        found = self._ask("query", query=expression)["result"]
        return [_series(each["metric"], [each["value"]]) for each in found]

    def query_range(self, expression, start, end, step):
        """Returns the Series of an expression from one time to another."""
        found = self._ask(
            "query_range", query=expression, start=start, end=end, step=step
        )["result"]
        return [_series(each["metric"], each["values"]) for each in found]

    def label_values(self, series, label):
        """Returns the values that a label has in some series."""
        return self._ask(f"label/{label}/values", **{"match[]": series})

    def rules(self):
        """Returns the rules with their health."""
        return [
            rule for group in self._ask("rules")["groups"] for rule in group["rules"]
        ]

    def alerts(self):
        """Returns the labels of the alerts that fire, or would if it stays so."""
        return [each["labels"] for each in self._ask("alerts")["alerts"]]

    def _ask(self, what, **parameters):
        query = urllib.parse.urlencode(parameters)
        url = f"http://{self._address}/api/v1/{what}?{query}"
        try:
            return json.loads(get(url))["data"]
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")
            raise AssertionError(f"{what} {parameters}: {said}") from None

    def _is_ready(self):
        if self._process.poll() is not None:
            raise AssertionError(f"Prometheus ended: {self._log.read_text()}")
        try:
            return get(f"http://{self._address}/-/ready")
        except OSError:
            return None

    def _write_config(self, addresses, interval):
        text = CONFIG.read_text(encoding="utf-8")
        for port, address in addresses.items():
            text = text.replace(f"'127.0.0.1:{port}'", f"'{address}'")
        text = re.sub(r"(_interval): \w+", rf"\1: {interval}", text)
        text = text.replace(RULES.name, str(RULES))
        self._config.write_text(text, encoding="utf-8")


def _series(labels, points):
    return Series(labels, [(float(time), float(value)) for time, value in points])
