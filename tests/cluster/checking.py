"""The check of a migration's tables, submitted as a user would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List

from local.stack.flink.cluster import FlinkCluster
from local.stack.home import PROJECT

if TYPE_CHECKING:
    from tests.cluster.migration import Migration

JOB = PROJECT / "jobs" / "check.py"
AT_REST = {"check__windowSeconds": "10", "check__settleSeconds": "20"}
"""Settings for a check while nothing is written. Under traffic, the defaults apply."""


class Checking:
    def __init__(self, cluster: FlinkCluster, moving: Migration, folder: Path) -> None:
        self.cluster, self.moving, self.folder = cluster, moving, folder

    def run(self, *options: str, parallelism: int = 2, live: bool = False, **changed: str) -> int:
        """Run the check and return its exit code. `changed`: as in Migration.settings.

        `live`: the tables are being written, and a forward job on the same two cores may be behind.
        """
        patience = {} if live else AT_REST
        fast = {"scan__readLimit__rate": "0", "scan__limit": "0", **patience, **changed}
        self.done = self.cluster.run_job(
            JOB,
            *self.moving.settings(**fast),
            *("--report", str(self.folder)),
            *options,
            detached=False,
            parallelism=parallelism,
            check=False,
            seconds=400,
        )
        return self.done.exit_code

    @property
    def summary(self) -> Dict[str, Any]:
        summary: Dict[str, Any] = json.loads((self.folder / "summary.json").read_text())
        return summary

    @property
    def lines(self) -> List[Dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "report.jsonl").read_bytes().splitlines()]
