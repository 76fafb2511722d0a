"""The reverse job on a real cluster: processes are killed while an application writes to PolarDB."""

import os
import signal
import time

import pytest

from local.stack.postgres import Postgres
from local.stack.standin import StandIn
from tests.cluster.conftest import LOSSES_SEEN
from tests.cluster.migration import until
from tests.cluster.wayback import JOB
from tests.cluster.workers import ORPHANS_GONE_WITHIN, seconds_until_gone, workers


@pytest.fixture
def cluster(flink_cluster):
    return flink_cluster(LOSSES_SEEN)


@pytest.fixture(scope="module")
def postgres(home):
    """Not the one that all tests share: it is killed here."""
    with Postgres(home, settings={"fsync": "off"}, name="reverse-postgres") as server:
        yield server


@pytest.fixture(scope="module")
def standin(home, postgres):
    with StandIn(home, postgres, name="reverse-standin") as server:
        yield server


def test_nothing_is_lost_when_workers_and_a_taskmanager_are_killed(way_back, cluster, measured):
    way_back.submit()
    way_back.wait_moving()
    way_back.wait_checkpoint()
    killed = time.monotonic()
    workers(cluster)[0].kill()
    way_back.wait_restart(1)
    way_back.wait_moving()
    measured(
        "Python worker killed: seconds until the slot has moved past that moment",
        round(time.monotonic() - killed, 1),
    )
    way_back.wait_checkpoint()
    taskmanager = cluster.taskmanagers[0]
    orphans = taskmanager.python_workers()
    killed = time.monotonic()
    taskmanager.kill9()
    seconds_until_gone(orphans, ORPHANS_GONE_WITHIN)
    taskmanager.start()
    way_back.wait_restart(2)
    way_back.wait_moving()
    measured(
        "TaskManager killed: seconds until the slot has moved past that moment",
        round(time.monotonic() - killed, 1),
    )
    cluster.wait_ready()
    way_back.assert_whole()


def test_nothing_is_lost_when_a_backend_of_postgresql_and_all_of_it_are_killed(way_back, postgres, measured):
    def kill_all():
        postgres.kill9()
        postgres.start()

    way_back.sampler.crashes = True
    way_back.submit()
    way_back.wait_moving()
    for what, kill in (
        ("The backend that sends", lambda: os.kill(way_back.holder(), signal.SIGKILL)),
        ("PostgreSQL", kill_all),
    ):
        before, killed = way_back.holder(), time.monotonic()
        kill()
        way_back.wait_another_holder(before)
        way_back.wait_moving()
        measured(
            f"{what} killed: seconds until the slot has moved past that moment",
            round(time.monotonic() - killed, 1),
        )
    way_back.assert_whole()


def test_an_older_savepoint_after_a_killed_jobmanager_goes_on_from_where_the_slot_stands(
    way_back, cluster, measured
):
    way_back.submit()
    way_back.wait_moving()
    savepoint = cluster.stop_with_savepoint(way_back.job_id)
    cluster.wait_status(way_back.job_id, "FINISHED", seconds=180)
    way_back.submit(parallelism=1, savepoint=savepoint)
    way_back.wait_moving()
    cluster.jobmanager.kill9()
    cluster.jobmanager.start()
    cluster.wait_ready()
    # The killed job's readers may hold the slot for a moment.
    way_back.submit(savepoint=savepoint)
    way_back.wait_moving()
    way_back.assert_whole()
    names = ("retainedWalBytes", "slotLagBytes", "slotActive", "slotLagSeconds", "durableLsn")
    until(lambda: len(way_back.gauges(*names)) == len(names), "metrics of the slot", 60)
    measured("gauges", way_back.gauges(*names))


def test_wrong_input_ends_with_code_2_and_names_what_mends_it(way_back, cluster):
    arguments = way_back.settings(polardb__slotName="no_such_slot")
    done = cluster.run_job(JOB, *arguments, check=False)
    assert done.exit_code == 2, done.output
    assert "pg_create_logical_replication_slot('no_such_slot', 'pgoutput')" in done.output
    assert "Exception" not in done.output
    assert done.job_id is None
