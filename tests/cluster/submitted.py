"""A job on the cluster: its submission with settings, and waiting for its states."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

from local.stack.flink.cluster import FlinkCluster, Submission
from local.stack.home import PROJECT
from tests.harness.settings import arguments

PATIENCE_SECONDS = 600.0
"""Maximum wait for an expected state. A long one costs nothing if the state is reached."""


def until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.1)


class Submitted:
    """A submitted job. `sets` returns its --set arguments."""

    def __init__(self, cluster: FlinkCluster, job: Path) -> None:
        self.cluster, self._job = cluster, job
        self.job_id = ""
        self.options: Dict[str, str] = {}
        """Options of Flink for this job, which a WarmCluster passes on."""

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
            **({"options": self.options} if self.options else {}),
        )
        assert done.exit_code == code, done.output
        self.job_id = done.job_id or ""
        return done

    def wait_running(self) -> None:
        """Wait until every subtask runs, including those that have nothing to read."""

        def all_run() -> bool:
            vertices = self.cluster.rest.get(f"/jobs/{self.job_id}")["vertices"]
            return all(each["tasks"]["RUNNING"] == each["parallelism"] for each in vertices)

        until(all_run, "every subtask runs")

    def wait_checkpoint(self) -> None:
        """Wait until a checkpoint is complete that started after this call."""
        now = time.time() * 1000

        def fresh() -> bool:
            latest = self.cluster.rest.get(f"/jobs/{self.job_id}/checkpoints")["latest"]["completed"]
            return bool(latest and latest["trigger_timestamp"] > now)

        until(fresh, "a new checkpoint")

    def failures(self) -> int:
        return self.cluster.rest.failures(self.job_id)

    def wait_restart(self, times: int) -> None:
        """Wait until Flink has noticed a fault. Writes before that are not those of the restarted job."""
        until(lambda: self.failures() >= times, "a restart")
        self.cluster.wait_status(self.job_id, "RUNNING")
