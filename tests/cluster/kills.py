"""Faults of a running forward job. After each, the job has recovered and is running."""

from __future__ import annotations

import time
from typing import Callable

from local.stack.flink.cluster import FlinkCluster
from tests.cluster.migration import Migration
from tests.cluster.submitted import until
from tests.cluster.workers import memory, seconds_until_gone, workers

LEFT_ALONE = 45.0
"""Maximum seconds until orphaned workers end. Without the watchdog they live for over a minute, with it a
second."""

Measured = Callable[[str, object], None]


def scanning(moving: Migration) -> None:
    """Wait until a checkpoint contains the start of every segment, and the scan has gone on after it."""
    until(moving.scanning, "the scan is running")
    with moving.sides.reads.scans_held():
        moving.keep()
        read = moving.pages()
    until(lambda: moving.pages() > read, "the scan makes progress")
    assert not moving.ended()


def streaming(moving: Migration) -> None:
    until(moving.ended, "the scan has ended")
    moving.keep_all()


class Kills:
    """The faults."""

    def __init__(self, moving: Migration, cluster: FlinkCluster, measured: Measured) -> None:
        self._moving, self._cluster, self._measured = moving, cluster, measured
        self._failures = 0

    def python_worker(self) -> None:
        killed = time.monotonic()
        workers(self._cluster)[0].kill()
        self._recovered("Python worker killed", killed)

    def taskmanager(self) -> None:
        """Kill a TaskManager. Its orphaned Python workers end by themselves; Flink restarts the job on the
        others."""
        taskmanager = self._cluster.taskmanagers[0]
        orphans = taskmanager.python_workers()
        assert orphans
        self._measured("workers, MiB", memory(orphans))
        killed = time.monotonic()
        taskmanager.kill9()
        self._measured("orphaned workers gone after seconds", seconds_until_gone(orphans, LEFT_ALONE))
        taskmanager.start()
        self._recovered("TaskManager killed", killed)

    def jobmanager(self) -> None:
        """Kill the JobManager. Without high availability it loses its jobs; the job is resumed from its last
        checkpoint."""
        killed = time.monotonic()
        self._cluster.jobmanager.kill9()
        kept = self._cluster.latest_checkpoint(self._moving.job_id)
        self._cluster.jobmanager.start()
        self._cluster.wait_ready()
        self._failures = 0
        self._moving.submit(savepoint=str(kept))
        self._written("JobManager killed, job resumed", killed)

    def rescaled(self, parallelism: int) -> None:
        """Stop the job with a savepoint while no page is in flight, and resume it with another
        parallelism."""
        self._moving.wait_running()  # Otherwise Flink refuses to take a savepoint.
        with self._moving.sides.reads.scans_held():
            savepoint = self._cluster.stop_with_savepoint(self._moving.job_id)
            self._cluster.wait_status(self._moving.job_id, "FINISHED")
            self._moving.lose()
        self._failures = 0
        self._moving.submit(parallelism=parallelism, savepoint=savepoint)
        self._written(f"resumed with parallelism {parallelism}", time.monotonic())

    def _recovered(self, what: str, killed: float) -> None:
        self._failures += 1
        self._moving.wait_restart(self._failures)
        self._moving.lose()
        self._written(what, killed)

    def _written(self, what: str, since: float) -> None:
        self._moving.wait_checkpoint()
        self._moving.wait_written()
        self._measured(f"{what}: seconds until it writes", round(time.monotonic() - since, 1))
