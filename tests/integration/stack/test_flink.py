"""The Flink cluster out of the wheel, with real jobs through `flink run -py`."""

import re
import time
from pathlib import Path

import psutil
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


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.1)


def running_job(cluster, **options):
    before = len(counts(cluster))
    job = cluster.run_job(JOB, **options).job_id
    until(lambda: len(counts(cluster)) > before)
    return job


def test_a_job_runs_with_python_workers_that_are_found(flink_cluster):
    cluster = flink_cluster()
    job = running_job(cluster)
    cluster.wait_status(job, "RUNNING")
    assert cluster.taskmanagers[0].python_workers()
    cluster.cancel(job)
    cluster.wait_status(job, "CANCELED")


def test_a_job_goes_on_from_the_savepoint_it_was_stopped_with(flink_cluster):
    cluster = flink_cluster()
    before = len(counts(cluster))  # of earlier jobs
    job = running_job(cluster)
    until(lambda: counts(cluster)[-1] > 10)
    savepoint = cluster.stop_with_savepoint(job)
    cluster.wait_status(job, "FINISHED")
    last = counts(cluster)[-1]
    running_job(cluster, savepoint=savepoint)
    until(lambda: counts(cluster)[-1] > last)
    mine = counts(cluster)[before:]
    assert 1 not in mine[mine.index(last + 1) :]


def test_a_failed_submission_shows_all_that_the_command_printed(flink_cluster):
    cluster = flink_cluster()
    with pytest.raises(StackError, match="this job was told to fail"):
        cluster.run_job(JOB, "fail")
    failed = cluster.run_job(JOB, "fail", check=False)
    assert failed.exit_code != 0
    assert failed.job_id is None


def test_a_killed_taskmanager_leaves_python_workers_and_its_job_comes_back_on_another(flink_cluster):
    cluster = flink_cluster()
    job = running_job(cluster)
    until(lambda: cluster.latest_checkpoint(job))
    killed = cluster.taskmanagers[0]
    orphans = killed.python_workers()
    failures = cluster.rest.failures(job)
    killed.kill9()
    assert killed.pid is None
    assert {each.pid for each in killed.python_workers()} == {each.pid for each in orphans} != set()
    before = len(counts(cluster))
    other = cluster.add_taskmanager()
    until(lambda: cluster.rest.failures(job) > failures)
    until(other.python_workers)
    until(lambda: len(counts(cluster)) > before)
    cluster.wait_status(job, "RUNNING")
    assert cluster.rest.failures(job) == failures + 1
    killed.stop()
    assert not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in orphans)


def test_after_a_killed_jobmanager_the_job_starts_again_from_its_last_checkpoint(flink_cluster):
    cluster = flink_cluster()
    job = running_job(cluster)
    until(lambda: counts(cluster)[-1] > 20 and cluster.latest_checkpoint(job))
    cluster.jobmanager.kill9()
    kept = cluster.latest_checkpoint(job)
    cluster.jobmanager.start()
    cluster.wait_ready()
    before = len(counts(cluster))
    running_job(cluster, savepoint=str(kept))
    assert counts(cluster)[before] > 1
