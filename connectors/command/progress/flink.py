"""The jobs of a Flink cluster: their progress, and stopping one."""

from __future__ import annotations

import time
from typing import Any, Callable, List, NamedTuple, Optional
from urllib.parse import quote

from connectors.base.errors import TerminalError, TransientError
from connectors.command.progress.metrics import JobMetrics, parse, requests, wanted
from connectors.command.progress.read import failure, failure_times, interval_seconds, progress
from connectors.command.progress.rest import Rest
from connectors.command.progress.snapshot import JobProgress

SAVEPOINT_POLL_SECONDS = 0.5


class FlinkJob(NamedTuple):
    """A job in Flink's list of jobs."""

    id: str
    name: str
    state: str
    started: float
    """Epoch seconds."""


class FlinkJobs:
    """The jobs of a cluster. Raises TransientError if Flink does not respond, TerminalError if it does not
    know the job."""

    def __init__(self, address: str) -> None:
        """`address`: that of the web UI, such as http://127.0.0.1:8081."""
        self._rest = Rest(address)

    @property
    def address(self) -> str:
        return self._rest.address

    def jobs(self) -> List[FlinkJob]:
        """All jobs that the JobManager lists, the latest first."""
        overview = self._rest.get("/jobs/overview")["jobs"]
        listed = [
            FlinkJob(job["jid"], job["name"], job["state"], job["start-time"] / 1000) for job in overview
        ]
        return sorted(listed, key=lambda job: -job.started)

    def progress(self, job_id: str) -> JobProgress:
        path = f"/jobs/{quote(job_id)}"
        job = self._rest.get(path)
        metrics = JobMetrics({}, {}) if not job["vertices"] else self._metrics(path, job["vertices"])
        checkpoints = self._rest.get(f"{path}/checkpoints")
        return progress(job, checkpoints, self._rest.get(f"{path}/metrics?get=numRestarts"), metrics)

    def failure(self, job_id: str) -> str:
        """Cause of the last failure or restart; empty if there was none."""
        return failure(self._rest.get(f"/jobs/{quote(job_id)}/exceptions?maxExceptions=1")) or ""

    def failed_at(self, job_id: str) -> List[float]:
        """When the job failed or restarted, the last times: epoch seconds."""
        return failure_times(self._rest.get(f"/jobs/{quote(job_id)}/exceptions?maxExceptions=20"))

    def state(self, job_id: str) -> str:
        """RUNNING, FINISHED, ..."""
        return str(self._rest.get(f"/jobs/{quote(job_id)}")["state"])

    def metrics_seconds(self) -> float:
        """Maximum age of the metrics in Flink's responses: a setting of Flink, by default ten seconds."""
        config = {entry["key"]: entry["value"] for entry in self._rest.get("/jobmanager/config")}
        return interval_seconds(config.get("metrics.fetcher.update-interval", ""))

    def savepoint(self, job_id: str) -> Optional[str]:
        """Path of the last complete savepoint of the job."""
        latest = self._rest.get(f"/jobs/{quote(job_id)}/checkpoints").get("latest") or {}
        return (latest.get("savepoint") or {}).get("external_path")

    def stop_with_savepoint(
        self,
        job_id: str,
        folder: Optional[str] = None,
        seconds: float = 600.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> str:
        """Stop the job, and return the path of its savepoint once that is complete.

        `folder` replaces the cluster's savepoint folder. Raises TerminalError if Flink cannot take one.
        """
        body = {"drain": False, **({"targetDirectory": folder} if folder else {})}
        path = f"/jobs/{quote(job_id)}"
        trigger = self._rest.post(f"{path}/stop", body)["request-id"]
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            answer = self._rest.get(f"{path}/savepoints/{trigger}")
            if answer["status"]["id"] == "COMPLETED":
                return _location(answer["operation"])
            sleep(SAVEPOINT_POLL_SECONDS)
        raise TransientError(
            f"job {job_id} has not completed a savepoint within {seconds:.0f} s; it may still do so"
        )

    def close(self) -> None:
        self._rest.close()

    def _metrics(self, path: str, vertices: List[Any]) -> JobMetrics:
        entries: List[Any] = []
        for vertex in vertices:
            metrics = f"{path}/vertices/{vertex['id']}/subtasks/metrics"
            for lot in requests(wanted(self._rest.get(metrics))):
                listed = quote(",".join(lot), safe=",")
                entries += self._rest.get(f"{metrics}?agg=sum,max,min&get={listed}")
        return parse(entries)


def _location(operation: Any) -> str:
    if "location" in operation:
        return str(operation["location"])
    story = str(operation.get("failure-cause", {}).get("stack-trace", "")).strip().splitlines()
    raise TerminalError(f"Flink could not take the savepoint: {story[0] if story else 'it gives no reason'}")
