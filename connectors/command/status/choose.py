"""The jobs of a cluster that are shown, and the exit code for their states. Pure."""

from __future__ import annotations

from typing import Dict, Iterable, List, Optional, Sequence

from connectors.base.errors import TerminalError
from connectors.command.progress.flink import FlinkJob
from connectors.command.progress.snapshot import JobProgress
from connectors.command.progress.states import ENDED, FAILED, RUNNING
from connectors.model.jobs import OK, PREFIX, PROBLEM


def chosen(jobs: Sequence[FlinkJob], wanted: Optional[str] = None) -> List[str]:
    """Ids of the jobs to show.

    `wanted`: a job's id or its first characters. If it is None: all polarshake jobs that have not ended, and
    those that have failed and were not started again. If there is none: the job that was started last.

    Raises TerminalError if no job can be shown.
    """
    if wanted is not None:
        return [_of_id(jobs, wanted)]
    latest = _latest_of_each_name(job for job in jobs if job.name.startswith(PREFIX))
    shown = [job for job in latest if job.state not in ENDED or job.state == FAILED]
    jobs_shown = shown or latest[:1]
    if not jobs_shown:
        raise TerminalError("no polarshake job is known on this cluster: submit one, or check --flink")
    return [job.id for job in jobs_shown]


def exit_code(shown: Sequence[JobProgress]) -> int:
    return OK if all(job.state == RUNNING for job in shown) else PROBLEM


def _of_id(jobs: Sequence[FlinkJob], wanted: str) -> str:
    ids = [job.id for job in jobs if job.id.startswith(wanted)]
    if len(ids) != 1:
        problem = "no job has this id" if not ids else f"{len(ids)} ids begin with this value"
        raise TerminalError(f"--job: {problem}; the cluster's jobs: {_listed(jobs)}")
    return ids[0]


def _listed(jobs: Iterable[FlinkJob]) -> str:
    return ", ".join(f"{job.id} ({job.name}, {job.state})" for job in jobs) or "none"


def _latest_of_each_name(jobs: Iterable[FlinkJob]) -> List[FlinkJob]:
    latest: Dict[str, FlinkJob] = {}
    for job in jobs:
        if job.name not in latest or latest[job.name].started < job.started:
            latest[job.name] = job
    return sorted(latest.values(), key=lambda job: -job.started)
