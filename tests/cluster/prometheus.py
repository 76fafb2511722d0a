"""The metrics that a cluster's processes report to Prometheus."""

from __future__ import annotations

import re
from typing import Set

import urllib3

from deploy.monitoring.panels import FLINK, FORWARD
from tests.harness.warm_cluster import SIZES
from tests.unit.deploy.emitted import Metric, named


def on_the_dashboard() -> Set[str]:
    panels = [*FORWARD.panels, *FLINK.panels]
    queries = [query.expression for panel in panels for query in panel.queries]
    return {name for expression in queries for name in named(expression)}


class Reporters:
    """The metric endpoints of a cluster, in its own range of ports. The port of a killed process does not
    answer."""

    def __init__(self) -> None:
        first, last = map(int, SIZES.settings["metrics.reporter.prom.port"].split("-"))
        self._ports = range(first, last + 1)
        self._http = urllib3.PoolManager(retries=False, timeout=5.0)

    def names(self, job: str) -> Set[str]:
        """Names of the metrics that have a sample of this job."""
        return set(re.findall(rf'^(\w+){{[^}}]*job_name="{job}"', self.text(), re.MULTILINE))

    def tables(self, metric: Metric) -> Set[str]:
        """Tables that have a sample of this metric."""
        return set(re.findall(rf'^{metric.prometheus}{{.*?table="([^"]*)"', self.text(), re.MULTILINE))

    def text(self) -> str:
        return "\n".join(filter(None, map(self._page, self._ports)))

    def _page(self, port: int) -> str:
        try:
            return self._http.request("GET", f"http://127.0.0.1:{port}/metrics").data.decode()
        except urllib3.exceptions.HTTPError:
            return ""
