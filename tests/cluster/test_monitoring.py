"""Prometheus is shown what the dashboard and the alerts look at, under the names they use."""

from __future__ import annotations

import re
from typing import Set

import pytest
import urllib3

from deploy.monitoring.panels import FLINK, FORWARD
from local.stack.flink.cluster import FlinkCluster
from local.stack.flink.config import Sizes
from local.stack.home import free_port
from tests.cluster.migration import until
from tests.unit.deploy.emitted import Metric, named

NOT_ALWAYS = {Metric("dropped", True).prometheus}
"""Only where the stream has overtaken the scan."""
FACTORY = "org.apache.flink.metrics.prometheus.PrometheusReporterFactory"
PORTS = range(3)
"""Of a JobManager and a TaskManager, and one that may be taken."""


class Reporters:
    """The Prometheus endpoints of a cluster's processes."""

    def __init__(self) -> None:
        first = free_port()
        self._ports = [first + each for each in PORTS]
        self._http = urllib3.PoolManager(retries=False, timeout=5.0)
        self.settings = {
            "metrics.reporter.prom.factory.class": FACTORY,
            "metrics.reporter.prom.port": f"{self._ports[0]}-{self._ports[-1]}",
            "metrics.reporter.prom.filterLabelValueCharacters": "false",
        }

    def text(self) -> str:
        return "\n".join(filter(None, map(self._page, self._ports)))

    def names(self, job: str) -> Set[str]:
        """Of metrics that have a sample of this job."""
        return set(re.findall(rf'^(\w+){{[^}}]*job_name="{job}"', self.text(), re.MULTILINE))

    def tables(self, metric: Metric) -> Set[str]:
        """That have a sample of this metric."""
        return set(re.findall(rf'^{metric.prometheus}{{.*?table="([^"]*)"', self.text(), re.MULTILINE))

    def _page(self, port: int) -> str:
        try:
            return self._http.request("GET", f"http://127.0.0.1:{port}/metrics").data.decode()
        except urllib3.exceptions.HTTPError:
            return ""


@pytest.fixture(scope="module")
def reporters() -> Reporters:
    return Reporters()


@pytest.fixture
def cluster(flink_cluster, reporters) -> FlinkCluster:
    return flink_cluster(Sizes(settings=reporters.settings))


def test_every_metric_of_the_dashboard_is_shown_for_a_running_forward_job(migration, reporters):
    moving = migration(items=300)
    moving.submit(scan__readLimit__rate="0")
    panels = [*FORWARD.panels, *FLINK.panels]
    wanted = {
        name for panel in panels for query in panel.queries for name in named(query.expression)
    } - NOT_ALWAYS
    until(lambda: wanted <= reporters.names("polarshake forward"), f"{wanted} are shown")
    lag = Metric("lagSeconds", True)
    # A table is shown once a lane has had a record of it: the last one some time after the first.
    until(lambda: reporters.tables(lag) == set(moving.tables), f"the lag of {moving.tables}, and no other")
