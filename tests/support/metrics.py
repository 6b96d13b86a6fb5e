"""What the daemons tell Prometheus.

    metrics = scrape(port)
    metrics.value("postmirror_proxy_lookups_total", outcome="found")
"""

import re
import urllib.request

_SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

# Straight to the daemon, whatever proxy the environment names.
_http = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Metrics:
    """One scrape: `text` as it came."""

    def __init__(self, text):
        self.text = text
        self._samples = [
            (name, dict(_LABEL.findall(labels or "")), float(value))
            for name, labels, value in _samples(text)
        ]

    def names(self):
        """Returns the names of all metrics, those of a histogram as one."""
        return set(re.findall(r"^# TYPE (\S+)", self.text, re.MULTILINE))

    def series(self, name, **labels):
        """Returns labels and value of each sample that has these labels."""
        return [
            (has, value)
            for of, has, value in self._samples
            if of == name and labels.items() <= has.items()
        ]

    def value(self, name, **labels):
        """Returns the sum of these samples. Fails where there are none."""
        series = self.series(name, **labels)
        assert series, f"no {name} {labels} in:\n{self.text}"
        return sum(value for _, value in series)


def scrape(port):
    """Returns the Metrics at the port; raises OSError where nobody listens."""
    with _http.open(f"http://127.0.0.1:{port}/metrics", timeout=20) as reply:
        return Metrics(reply.read().decode())


def _samples(text):
    for line in text.splitlines():
        if line and not line.startswith("#"):
            match = _SAMPLE.match(line)
            assert match, f"no sample: {line!r}"
            yield match.groups()
