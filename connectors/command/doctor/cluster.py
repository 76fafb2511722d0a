"""The lines about the Flink cluster, and about the Python version, which the workers need as well."""

from __future__ import annotations

import re
from typing import Iterator, NamedTuple, Optional, Protocol, Sequence

from connectors.base.errors import TerminalError
from connectors.command.doctor.line import Line, green, red, yellow
from connectors.command.progress.rest import Rest


class ClusterFacts(NamedTuple):
    version: str
    """Such as 1.20.5."""
    slots: int
    """Task slots of the registered TaskManagers."""
    checkpoints: str
    """The configured folder; empty if there is none."""


class Cluster(Protocol):
    def look(self) -> ClusterFacts:
        """Raises PolarshakeError."""
        ...


def cluster_lines(facts: ClusterFacts, parallelism: Optional[int]) -> Iterator[Line]:
    """`parallelism`: as configured; None: set by the cluster or by `flink run -p`."""
    if re.match(r"1\.20(\D|$)", facts.version):
        yield green("flink", f"version {facts.version}")
    else:
        yield red(
            "flink",
            f"version {facts.version}, but the jobs need 1.20: start a cluster of Flink 1.20.x; on VVR, use "
            f"an engine whose name ends in flink-1.20",
        )
    yield _slots(facts.slots, parallelism)
    if facts.checkpoints:
        yield green("flink", f"checkpoints are stored in {facts.checkpoints}")
    else:
        yield yellow(
            "flink",
            "no folder for checkpoints is configured: the job's position is lost when the cluster stops. Set "
            "execution.checkpointing.dir in its configuration or with flink run -D",
        )


def _slots(slots: int, parallelism: Optional[int]) -> Line:
    if slots == 0:
        return yellow(
            "flink", "no TaskManager has registered: the job waits for one, unless Flink starts one"
        )
    if parallelism and parallelism > slots:
        return yellow(
            "flink",
            f"{slots} slots, and parallelism is {parallelism}: the job waits for more TaskManagers, unless "
            f"Flink starts them. Lower parallelism, or add TaskManagers",
        )
    return green("flink", f"{slots} slots")


FOLDERS = ("execution.checkpointing.dir", "state.checkpoints.dir")
"""The setting since Flink 1.20, and the one before."""


class RestCluster(Cluster):
    def __init__(self, address: str) -> None:
        """Raises TerminalError for an invalid address."""
        self._rest = Rest(address)

    def look(self) -> ClusterFacts:
        """Raises TransientError or TerminalError."""
        try:
            version = str(self._rest.get("/config")["flink-version"])
            slots = int(self._rest.get("/overview")["slots-total"])
            settings = {entry["key"]: entry["value"] for entry in self._rest.get("/jobmanager/config")}
        except (KeyError, TypeError, ValueError):
            raise TerminalError(f"the server at {self._rest.address} is not Flink") from None
        finally:
            self._rest.close()
        folder = next((settings[name] for name in FOLDERS if settings.get(name)), "")
        return ClusterFacts(version, slots, str(folder))


OLDEST, NEWEST = (3, 9), (3, 11)
"""As in pyproject.toml. PyFlink 1.20 has no wheels for newer versions."""


def interpreter_line(version: Sequence[int]) -> Line:
    """`version`: such as (3, 11, 4)."""
    shown = ".".join(map(str, version))
    if OLDEST <= tuple(version[:2]) <= NEWEST:
        return green("python", f"{shown}; the workers need 3.9 to 3.11 too, with the same packages")
    return red("python", f"{shown}: PyFlink 1.20 runs on 3.9 to 3.11. Install the project for one of these")
