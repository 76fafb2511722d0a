"""One of the product's jobs on the cluster: submitted with settings, and waited for."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

from local.stack.flink.cluster import FlinkCluster, Submission
from local.stack.home import PROJECT
from tests.harness.settings import arguments

PATIENCE_SECONDS = 600.0
"""Before a test gives up on what is to come: it costs nothing where it comes."""


def until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.1)


class Submitted:
    """What `sets` gives are the job's --set arguments."""

    def __init__(self, cluster: FlinkCluster, job: Path) -> None:
        self.cluster, self._job = cluster, job
        self.job_id = ""

    def sets(self) -> Dict[str, str]:
        raise NotImplementedError

    def settings(self, **changed: str) -> List[str]:
        """The job's arguments. `scan__limit="5"` sets scan.limit."""
        return ["--config", str(PROJECT / "application.yaml"), *arguments(self.sets(), **changed)]

    def submit(
        self,
        parallelism: int = 2,
        savepoint: Optional[str] = None,
        detached: bool = True,
        code: int = 0,
        **changed: str,
    ) -> Submission:
        """`code`: the exit code that is expected."""
        done = self.cluster.run_job(
            self._job,
            *self.settings(**changed),
            parallelism=parallelism,
            savepoint=savepoint,
            detached=detached,
            check=False,
        )
        assert done.exit_code == code, done.output
        self.job_id = done.job_id or ""
        return done

    def wait_running(self) -> None:
        """Until every subtask runs: one that has nothing to read is not missed by what a test sees."""

        def all_run() -> bool:
            vertices = self.cluster.rest.get(f"/jobs/{self.job_id}")["vertices"]
            return all(each["tasks"]["RUNNING"] == each["parallelism"] for each in vertices)

        until(all_run, "every subtask runs")

    def wait_checkpoint(self) -> None:
        """Until a checkpoint is complete that began after this call."""
        now = time.time() * 1000

        def fresh() -> bool:
            latest = self.cluster.rest.get(f"/jobs/{self.job_id}/checkpoints")["latest"]["completed"]
            return bool(latest and latest["trigger_timestamp"] > now)

        until(fresh, "a new checkpoint")

    def wait_restart(self, times: int) -> None:
        """Until Flink has noticed a fault: what is written before that is not yet the restarted job's."""
        until(lambda: self.cluster.rest.failures(self.job_id) >= times, "a restart")
        self.cluster.wait_status(self.job_id, "RUNNING")
