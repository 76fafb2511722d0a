"""A Flink cluster, asked over its REST API."""

from __future__ import annotations

from connectors.base.errors import TerminalError
from connectors.command.doctor.cluster import ClusterFacts
from connectors.command.progress.rest import Rest

FOLDERS = ("execution.checkpointing.dir", "state.checkpoints.dir")
"""Since Flink 1.20, and before."""


class RestCluster:
    """A cluster.Cluster."""

    def __init__(self, address: str) -> None:
        """Raises TerminalError for what is no address."""
        self._rest = Rest(address)

    def look(self) -> ClusterFacts:
        """Raises TransientError or TerminalError."""
        try:
            version = str(self._rest.get("/config")["flink-version"])
            slots = int(self._rest.get("/overview")["slots-total"])
            settings = {one["key"]: one["value"] for one in self._rest.get("/jobmanager/config")}
        except (KeyError, TypeError, ValueError):
            raise TerminalError(f"what answers at {self._rest.address} is no Flink") from None
        finally:
            self._rest.close()
        folder = next((settings[name] for name in FOLDERS if settings.get(name)), "")
        return ClusterFacts(version, slots, str(folder))
