"""The Flink cluster of the wheel, with a test job that `flink run -py` submits."""

import re
import time
from pathlib import Path

import pytest

from local.stack.errors import StackError

pytestmark = pytest.mark.cluster
JOB = Path(__file__).parent / "jobs" / "ticking.py"


def counts(cluster):
    """The counts that the job's print sink has written so far, oldest first."""
    outputs = sorted(
        cluster.home.logs.glob("flink-*-taskexecutor-*.out"), key=lambda each: each.stat().st_mtime
    )
    return [int(count) for each in outputs for count in re.findall(r"count=(\d+)", each.read_text())]


def until(condition, seconds=600):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.1)


def test_a_job_of_flink_run_has_workers_that_are_found_and_resumes_from_its_savepoint(
    flink_cluster,
):
    cluster = flink_cluster
    before = len(counts(cluster))  # of earlier jobs
    job = cluster.flink_run(JOB).job_id
    until(lambda: len(counts(cluster)) > before + 10)
    assert [each for taskmanager in cluster.taskmanagers for each in taskmanager.python_workers()]
    savepoint = cluster.stop_with_savepoint(job)
    cluster.wait_status(job, "FINISHED")
    last = counts(cluster)[-1]
    cluster.flink_run(JOB, savepoint=savepoint)
    until(lambda: counts(cluster)[-1] > last)
    mine = counts(cluster)[before:]
    assert 1 not in mine[mine.index(last + 1) :]


def test_a_failed_submission_shows_all_that_the_command_printed(flink_cluster):
    with pytest.raises(StackError, match="this job was told to fail"):
        flink_cluster.flink_run(JOB, "fail")
    failed = flink_cluster.flink_run(JOB, "fail", check=False)
    assert failed.exit_code != 0
    assert failed.job_id is None
