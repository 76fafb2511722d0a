"""A Flink cluster whose jobs a test defines."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

from connectors.base.errors import TerminalError, TransientError
from connectors.command.progress.flink import FlinkJob
from connectors.command.progress.metrics import JobMetrics
from connectors.command.progress.read import progress
from connectors.command.progress.snapshot import JobProgress

LAST = {"id": 12, "end_to_end_duration": 321, "state_size": 20_480, "latest_ack_timestamp": 95_000}


class FakeJob:
    """A job. Its metrics are those that Flink would show; a test changes them."""

    def __init__(self, id: str, name: str, state: str = "RUNNING", started: float = 0.0) -> None:
        self.id, self.name, self.state, self.started = id, name, state, started
        self.tables: Dict[str, Dict[str, int]] = {}
        self.slots: Dict[str, Dict[str, int]] = {}
        self.restarts, self.failed, self.failure = 0, 0, ""
        self.seconds, self.checkpointed = 65.0, LAST["latest_ack_timestamp"] / 1000
        self.savepoint: Optional[str] = None
        self.failed_at: List[float] = []
        self.numbers: Dict[str, int] = {}
        """Metrics of the whole job."""

    def progress(self) -> JobProgress:
        described = {"jid": self.id, "name": self.name, "state": self.state, "duration": self.seconds * 1000}
        checkpoints: Mapping[str, Any] = {
            "counts": {"completed": 12, "failed": self.failed},
            "latest": {
                "completed": {**LAST, "latest_ack_timestamp": self.checkpointed * 1000},
                "failed": {"id": 12 + self.failed},
            },
        }
        metrics = JobMetrics(self.tables, self.numbers, self.slots)
        return progress(described, checkpoints, [{"value": str(self.restarts)}], metrics)


class FakeFlink:
    """Replaces `connectors.command.progress.flink.FlinkJobs`. `down`: it does not answer."""

    address = "http://flink:8081"

    def __init__(self, *jobs: FakeJob) -> None:
        self.known: Dict[str, FakeJob] = {job.id: job for job in jobs}
        self.down = self.refuses_savepoints = False
        self.stopped: List[str] = []

    def jobs(self) -> List[FlinkJob]:
        self._answer()
        listed = [FlinkJob(job.id, job.name, job.state, job.started) for job in self.known.values()]
        return sorted(listed, key=lambda job: -job.started)

    def progress(self, job_id: str) -> JobProgress:
        return self._job(job_id).progress()

    def failed_at(self, job_id: str) -> List[float]:
        return list(self._job(job_id).failed_at)

    def failure(self, job_id: str) -> str:
        return self._job(job_id).failure

    def state(self, job_id: str) -> str:
        return self._job(job_id).state

    def savepoint(self, job_id: str) -> Optional[str]:
        return self._job(job_id).savepoint

    def metrics_seconds(self) -> float:
        return 1.0

    def stop_with_savepoint(self, job_id: str, folder: Optional[str] = None) -> str:
        job = self._job(job_id)
        if self.refuses_savepoints:
            raise TerminalError("Flink could not take the savepoint: no folder")
        self.stopped.append(job_id)
        job.state, job.savepoint = "FINISHED", f"{folder or 'file:/savepoints'}/savepoint-{job_id}"
        return job.savepoint

    def _job(self, job_id: str) -> FakeJob:
        self._answer()
        if job_id not in self.known:
            raise TerminalError(f"Flink does not know /jobs/{job_id}")
        return self.known[job_id]

    def _answer(self) -> None:
        if self.down:
            raise TransientError("Flink does not answer")
