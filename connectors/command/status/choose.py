"""Which jobs of a cluster are shown, and what their states mean for the exit code. Pure."""

from __future__ import annotations

from typing import Dict, Iterable, List, Optional, Sequence

from connectors.base.errors import TerminalError
from connectors.command.progress.flink import FlinkJob
from connectors.command.progress.snapshot import JobProgress
from connectors.command.progress.states import ENDED, FAILED, RUNNING
from connectors.model.jobs import OK, PREFIX, PROBLEM


def chosen(jobs: Sequence[FlinkJob], wanted: Optional[str] = None) -> List[str]:
    """Ids. `wanted`: a job's id or the beginning of one; else all of ours that have not ended, and any that
    has failed and was not started anew; if there is none, the one that ended last.

    Raises TerminalError when none can be shown.
    """
    if wanted is not None:
        return [_of_id(jobs, wanted)]
    latest = _latest_of_each_name(job for job in jobs if job.name.startswith(PREFIX))
    shown = [job for job in latest if job.state not in ENDED or job.state == FAILED]
    found = shown or latest[:1]
    if not found:
        raise TerminalError("no job of polarshake is known there: submit one, or see that --flink is right")
    return [job.id for job in found]


def exit_code(shown: Sequence[JobProgress]) -> int:
    return OK if all(job.state == RUNNING for job in shown) else PROBLEM


def _of_id(jobs: Sequence[FlinkJob], wanted: str) -> str:
    found = [job.id for job in jobs if job.id.startswith(wanted)]
    if len(found) != 1:
        what = "is known there" if not found else f"is meant: it begins {len(found)} ids"
        raise TerminalError(f"--job: no single job {what}; the jobs there: {_listed(jobs)}")
    return found[0]


def _listed(jobs: Iterable[FlinkJob]) -> str:
    return ", ".join(f"{job.id} ({job.name}, {job.state})" for job in jobs) or "none"


def _latest_of_each_name(jobs: Iterable[FlinkJob]) -> List[FlinkJob]:
    latest: Dict[str, FlinkJob] = {}
    for job in jobs:
        if job.name not in latest or latest[job.name].started < job.started:
            latest[job.name] = job
    return sorted(latest.values(), key=lambda job: -job.started)
