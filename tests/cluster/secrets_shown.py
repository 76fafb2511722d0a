"""Searches everything that a job writes and shows for secrets."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any, Iterable, Iterator, List

from local.stack.flink.cluster import FlinkCluster
from tests.cluster.ports import answers_of, open_ports

OF_JOB = ("", "/plan", "/config", "/exceptions", "/checkpoints/config", "/accumulators")
OF_CLUSTER = ("/jobmanager/config", "/config", "/jobmanager/environment")


def assert_no_secret_is_shown(
    secrets: Iterable[str], cluster: FlinkCluster, job_id: str, *folders: Path
) -> None:
    """Verify that no secret appears in the REST API (and therefore the web UI), on a command line, in what
    the TaskManagers' ports answer, in a file of Flink or of the servers, or in `folders`. Call it while the
    job runs."""
    rest, processes = rest_of(cluster, job_id), arguments_of_all()
    ports = open_ports(cluster)
    assert ports
    answers = answers_of(ports)
    places = [cluster.home.logs, cluster.home.conf, cluster.data, *folders]
    for secret in secrets:
        assert re.fullmatch(r"\S{16,}", secret)
        assert secret not in rest
        assert secret.encode() not in processes
        assert secret.encode() not in answers
        assert not files_with(secret.encode(), places)


def rest_of(cluster: FlinkCluster, job_id: str) -> str:
    of_job = [cluster.rest.get(f"/jobs/{job_id}{path}") for path in OF_JOB]
    of_cluster = [cluster.rest.get(path) for path in OF_CLUSTER]
    managers: List[Any] = cluster.rest.get("/taskmanagers")["taskmanagers"]
    return json.dumps(
        [of_job, of_cluster, [cluster.rest.get(f"/taskmanagers/{manager['id']}") for manager in managers]]
    )


def arguments_of_all() -> bytes:
    """The command lines of all processes, as any user of the machine can read them."""
    return b"\n".join(filter(None, map(_content, Path("/proc").glob("[0-9]*/cmdline"))))


def files_with(secret: bytes, folders: Iterable[Path]) -> List[Path]:
    return [path for folder in folders for path in _files_in(folder) if secret in _content(path)]


def _files_in(folder: Path) -> Iterator[Path]:
    """All files in a folder. Unlike rglob before Python 3.13, this ignores folders that are removed during
    the walk."""
    for root, _, names in os.walk(folder):
        yield from (Path(root, name) for name in names)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() else b""
    except OSError:  # The folder has been removed.
        return b""
