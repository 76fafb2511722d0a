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
PATIENCE = ("--set", "check.windowSeconds=10", "--set", "check.settleSeconds=20")


class Checking:
    def __init__(self, cluster: FlinkCluster, moving: Migration, folder: Path) -> None:
        self.cluster, self.moving, self.folder = cluster, moving, folder

    def run(self, *options: str, parallelism: int = 2, **changed: str) -> int:
        """Its exit code. `changed` as in Migration.settings; as fast as it can unless that says no."""
        fast = {"scan__readLimit__rate": "0", "scan__limit": "0", **changed}
        self.done = self.cluster.run_job(
            JOB,
            *self.moving.settings(**fast),
            *PATIENCE,
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
        found: Dict[str, Any] = json.loads((self.folder / "summary.json").read_text())
        return found

    @property
    def lines(self) -> List[Dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "report.jsonl").read_bytes().splitlines()]
