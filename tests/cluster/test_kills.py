"""Processes of a running job are killed, during the scan and while it follows the stream: nothing is lost."""

import time

import pytest

from tests.cluster.conftest import LOSSES_SEEN
from tests.cluster.migration import until
from tests.cluster.workers import ORPHANS_GONE_WITHIN, memory, seconds_until_gone, workers

RECOVERED_WITHIN = 150.0
"""A lost TaskManager is noticed after 8 s; the rest is the start of Python on a busy machine."""
TARGETS = pytest.mark.parametrize("target", ["polardb", "mongodb"], indirect=True)


@pytest.fixture
def cluster(flink_cluster):
    return flink_cluster(LOSSES_SEEN)


def scanning(migration):
    until(migration.scanning, "the scan is under way")
    with migration.sides.reads.scans_held():
        migration.wait_checkpoint()
        read = migration.pages()
    until(lambda: migration.pages() > read, "the scan goes on")
    assert not migration.ended()


def streaming(migration):
    until(migration.ended, "the scan has ended")
    migration.wait_checkpoint()


def recovered(migration, killed, measured, what):
    migration.wait_checkpoint()
    migration.wait_written()
    pause = migration.pause_around(killed)
    measured(f"{what}: seconds without a write", round(pause, 1))
    assert pause < RECOVERED_WITHIN


def report(cluster, migration, measured):
    summary = cluster.rest.get(f"/jobs/{migration.job_id}/checkpoints")["summary"]
    took = summary["end_to_end_duration"]
    measured("checkpoint ms", {name: took[name] for name in ("min", "avg", "max", "p50", "p99")})
    measured(
        "Python workers of each TaskManager", [memory(one.python_workers()) for one in cluster.taskmanagers]
    )


@TARGETS
def test_nothing_is_lost_when_python_workers_are_killed(migration, cluster, measured):
    moving = migration()
    moving.submit()
    for times, phase in enumerate((scanning, streaming), 1):
        phase(moving)
        report(cluster, moving, measured)
        killed = time.monotonic()
        workers(cluster)[0].kill()
        moving.wait_restart(times)
        recovered(moving, killed, measured, f"Python worker killed while {phase.__name__}")
    moving.assert_whole()
    moving.assert_scanned_once(restarts=2)


@TARGETS
def test_nothing_is_lost_when_taskmanagers_are_killed_and_their_workers_end_at_once(
    migration, cluster, measured
):
    moving = migration()
    moving.submit()
    for times, phase in enumerate((scanning, streaming), 1):
        phase(moving)
        taskmanager = cluster.taskmanagers[times - 1]
        orphans = taskmanager.python_workers()
        assert orphans
        killed = time.monotonic()
        taskmanager.kill9()
        gone = seconds_until_gone(orphans, ORPHANS_GONE_WITHIN)
        measured("orphaned workers gone after seconds", round(gone, 2))
        taskmanager.start()
        moving.wait_restart(times)
        recovered(moving, killed, measured, f"TaskManager killed while {phase.__name__}")
    cluster.wait_ready()
    moving.assert_whole()
    moving.assert_scanned_once(restarts=2)


@TARGETS
def test_nothing_is_lost_when_the_jobmanager_is_killed_and_the_job_resumed(migration, cluster, measured):
    moving = migration()
    moving.submit()
    for phase in (scanning, streaming):
        phase(moving)
        killed = time.monotonic()
        cluster.jobmanager.kill9()
        kept = cluster.latest_checkpoint(moving.job_id)
        cluster.jobmanager.start()
        cluster.wait_ready()
        moving.submit(savepoint=str(kept))
        recovered(moving, killed, measured, f"JobManager killed while {phase.__name__}, with resubmission")
    moving.assert_whole()
    moving.assert_scanned_once(restarts=2)
