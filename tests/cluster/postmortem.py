"""Information for the analysis of a failed test: Flink's description of its jobs, and the ends of its
logs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict

from local.stack.errors import StackError
from local.stack.flink.cluster import FlinkCluster

LINES = 60


def postmortem(cluster: FlinkCluster) -> str:
    try:
        jobs = [_job(cluster, each) for each in cluster.rest.jobs()[:3]]
    except StackError as error:
        jobs = [str(error)]
    newest = sorted(cluster.home.logs.glob("flink-*"), key=lambda path: path.stat().st_mtime)[-4:]
    return "\n\n".join([*jobs, *map(_tail, newest)])


def _job(cluster: FlinkCluster, job: Dict[str, Any]) -> str:
    failures = cluster.rest.get(f"/jobs/{job['jid']}/exceptions")["exceptionHistory"]["entries"]
    causes = "\n".join(each["stacktrace"] for each in failures[:2])
    checkpoints = cluster.rest.get(f"/jobs/{job['jid']}/checkpoints")["counts"]
    return f"job {job['jid']} {job['name']} {job['state']}, checkpoints {checkpoints}\n{causes}"


def _tail(path: Path) -> str:
    lines = path.read_text(errors="replace").splitlines()[-LINES:]
    return "\n".join([f"--- {path.name}", *lines])
