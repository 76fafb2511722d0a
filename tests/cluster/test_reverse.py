"""The reverse job on a real cluster: processes are killed while an application writes to PolarDB."""

from __future__ import annotations

import os
import signal
import time
from typing import Callable, Iterator, List

import pytest

from local.stack.flink.cluster import FlinkCluster
from local.stack.home import Home
from local.stack.postgres import Postgres
from local.stack.standin import StandIn
from tests.cluster.kills import LEFT_ALONE
from tests.cluster.reverse_job import JOB, SubmittedReverseJob
from tests.cluster.secrets_shown import assert_no_secret_is_shown, files_with, rest_of
from tests.cluster.submitted import until
from tests.cluster.workers import seconds_until_gone, workers

GAUGES = ("retainedWalBytes", "slotLagBytes", "slotActive", "slotLagSeconds", "durableLsn")
Measured = Callable[[str, object], None]


@pytest.fixture(scope="module")
def postgres(home: Home) -> Iterator[Postgres]:
    """A PostgreSQL of its own, because these tests kill it."""
    with Postgres(home, settings={"fsync": "off"}, name="reverse-postgres") as server:
        yield server


@pytest.fixture(scope="module")
def standin(home: Home, postgres: Postgres) -> Iterator[StandIn]:
    with StandIn(home, postgres, name="reverse-standin") as server:
        yield server


@pytest.fixture
def moves(reverse_job: SubmittedReverseJob, measured: Measured) -> Callable[[str, float], None]:
    """A function that waits until the slot has passed the current end of the log."""

    def wait(what: str, since: float) -> None:
        reverse_job.wait_moving()
        measured(f"{what}: seconds until the slot has moved past that", round(time.monotonic() - since, 1))

    return wait


@pytest.mark.everyday
def test_changes_are_replicated_although_a_worker_is_killed(
    reverse_job: SubmittedReverseJob, cluster: FlinkCluster, moves: Callable[[str, float], None]
) -> None:
    reverse_job.submit()
    reverse_job.wait_moving()
    reverse_job.wait_checkpoint()
    killed = time.monotonic()
    workers(cluster)[0].kill()
    reverse_job.wait_restart(1)
    moves("Python worker killed", killed)
    until(lambda: len(reverse_job.gauges(*GAUGES)) == len(GAUGES), "metrics of the slot")
    reverse_job.assert_whole()


def test_nothing_is_lost_whichever_process_is_killed_and_whichever_savepoint_is_resumed(
    reverse_job: SubmittedReverseJob,
    cluster: FlinkCluster,
    postgres: Postgres,
    moves: Callable[[str, float], None],
    all_secrets: List[str],
) -> None:
    def backend() -> None:
        os.kill(reverse_job.holder() or 0, signal.SIGKILL)

    def server() -> None:
        postgres.kill9()
        postgres.start()

    reverse_job.sampler.crashes = True
    reverse_job.submit()
    reverse_job.wait_moving()
    for what, kill in (("The backend that sends", backend), ("PostgreSQL", server)):
        before, killed = reverse_job.holder(), time.monotonic()
        kill()
        reverse_job.wait_another_holder(before)
        moves(f"{what} killed", killed)
    failures = cluster.rest.failures(reverse_job.job_id)
    killed, orphans = time.monotonic(), cluster.taskmanagers[0].python_workers()
    cluster.taskmanagers[0].kill9()
    seconds_until_gone(orphans, LEFT_ALONE)
    cluster.taskmanagers[0].start()
    reverse_job.wait_restart(failures + 1)
    moves("TaskManager killed", killed)
    cluster.wait_ready()
    savepoint = cluster.stop_with_savepoint(reverse_job.job_id)
    cluster.wait_status(reverse_job.job_id, "FINISHED")
    reverse_job.submit(parallelism=1, savepoint=savepoint)
    moves("resumed with parallelism 1", time.monotonic())
    cluster.jobmanager.kill9()
    cluster.jobmanager.start()
    cluster.wait_ready()
    # The checkpoint is older than the slot's position. Killed readers may hold the slot for a moment.
    reverse_job.submit(savepoint=savepoint)
    moves("JobManager killed, job resumed", time.monotonic())
    assert_no_secret_is_shown(all_secrets, cluster, reverse_job.job_id, reverse_job.dead)
    reverse_job.assert_whole()


def test_no_secret_is_shown_when_connections_fail_and_a_lost_slot_is_named(
    reverse_job: SubmittedReverseJob, cluster: FlinkCluster, postgres: Postgres, all_secrets: List[str]
) -> None:
    reverse_job.submit(write__retrySeconds="60")
    reverse_job.wait_moving()
    with reverse_job.shut_out():
        failed = f'connecting: connection to server at "{postgres.host}", port {postgres.port} failed'
        logs = [cluster.home.logs]
        until(lambda: files_with(failed.encode(), logs), "the job reports a failed connection")
        reverse_job.drop_slot()
    lost = f"replication slot {reverse_job.slot} does not exist"
    until(
        lambda: lost in rest_of(cluster, reverse_job.job_id), "the job reports that its slot does not exist"
    )
    assert_no_secret_is_shown(all_secrets, cluster, reverse_job.job_id, reverse_job.dead)


def test_invalid_input_ends_with_code_2_and_names_the_fix(
    reverse_job: SubmittedReverseJob, cluster: FlinkCluster
) -> None:
    arguments = reverse_job.settings(polardb__slotName="no_such_slot")
    done = cluster.run_job(JOB, *arguments, check=False)
    assert done.exit_code == 2, done.output
    assert "pg_create_logical_replication_slot('no_such_slot', 'pgoutput')" in done.output
    assert "Exception" not in done.output
    assert done.job_id is None
