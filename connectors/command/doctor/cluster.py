"""What the Flink cluster must be like. Pure."""

from __future__ import annotations

import re
from typing import Iterator, NamedTuple, Optional, Protocol

from connectors.command.doctor.line import Line, green, red, yellow


class ClusterFacts(NamedTuple):
    version: str
    """Such as 1.20.5."""
    slots: int
    """Of the TaskManagers that have registered."""
    checkpoints: str
    """The folder of its configuration; empty: none."""


class Cluster(Protocol):
    def look(self) -> ClusterFacts:
        """Raises PolarshakeError."""
        ...


def cluster_lines(facts: ClusterFacts, parallelism: Optional[int]) -> Iterator[Line]:
    """`parallelism`: as configured; None: what the cluster or `flink run -p` says."""
    if re.match(r"1\.20(\D|$)", facts.version):
        yield green("flink", f"version {facts.version}")
    else:
        yield red(
            "flink",
            f"version {facts.version}, and the jobs need 1.20: start a cluster of Flink 1.20.x, on VVR an "
            f"engine whose name ends in flink-1.20",
        )
    yield _slots(facts.slots, parallelism)
    if facts.checkpoints:
        yield green("flink", f"checkpoints go to {facts.checkpoints}")
    else:
        yield yellow(
            "flink",
            "no folder for checkpoints is configured: with the cluster the job's position is lost. Set "
            "execution.checkpointing.dir, or give it with flink run -D",
        )


def _slots(slots: int, parallelism: Optional[int]) -> Line:
    if slots == 0:
        return yellow("flink", "no TaskManager has registered: the job waits for one, unless Flink starts it")
    if parallelism and parallelism > slots:
        return yellow(
            "flink",
            f"{slots} slots, and parallelism is {parallelism}: the job waits for more TaskManagers, unless "
            f"Flink starts them. Lower parallelism, or add some",
        )
    return green("flink", f"{slots} slots")
