"""The doctor with a real JobManager."""

from __future__ import annotations

import pytest

from connectors.command.doctor.cluster import RestCluster, cluster_lines
from connectors.command.doctor.line import Level

pytestmark = pytest.mark.cluster


def test_the_local_stacks_cluster_is_green(flink_cluster):
    cluster = flink_cluster
    facts = RestCluster(cluster.address).look()
    assert facts.slots == cluster.rest.get("/overview")["slots-total"]
    assert facts.checkpoints
    assert {line.level for line in cluster_lines(facts, facts.slots)} == {Level.GREEN}
