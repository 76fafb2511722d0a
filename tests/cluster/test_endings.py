"""The ends of jobs: finished, refused and cancelled; and what remains of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import rmtree
from typing import Callable, List

import pytest

from connectors.model.dead_letters import DeadLetter, StoredDeadLetters
from connectors.model.jobs import OK, REJECTED
from connectors.model.writes import Write
from connectors.storage.folder import FolderStorage
from local.stack.flink.cluster import FlinkCluster, Submission
from local.verify.side import Reduced, Target, key_at, read
from local.verify.tables import table_names
from tests.cluster.checking import Checking
from tests.cluster.migration import JOB, Migration, Sides
from tests.cluster.submitted import until
from tests.cluster.workers import seconds_until_gone, workers
from tests.harness.warm_cluster import WarmCluster

MakeMigration = Callable[..., Migration]
LEFT_ALONE = 60.0
"""Maximum seconds for which the Python workers of an ended job may still run."""


def finished(cluster: FlinkCluster, done: Submission, code: int = OK) -> None:
    assert done.exit_code == code, done.output
    cluster.wait_status(done.job_id or "", "FINISHED")
    assert "is finished; savepoint" in done.output


@pytest.mark.parametrize("target", ["polardb", "mongodb"], indirect=True)
def test_mode_full_copies_once_although_stopped_half_way_and_leaves_no_worker(
    migration: MakeMigration, cluster: FlinkCluster
) -> None:
    """The plan was announced in the first run, and some workers may have written all of some tables there.
    The first run has left a dead letter, and the end of the second says so."""
    moving = migration(items=1500, traffic=False)
    with ThreadPoolExecutor(1) as pool:
        arguments = moving.settings(mode="full")
        first = pool.submit(cluster.run_job, JOB, *arguments, detached=False, parallelism=2, check=False)
        until(moving.scanning, "the scan is under way")
        moving.job_id = running(cluster)
        with moving.sides.reads.scans_held():
            moving.keep()
            savepoint = cluster.stop_with_savepoint(moving.job_id)
            stopped = first.result()
    assert stopped.exit_code == 1
    assert "was stopped before it was complete" in stopped.output
    assert "Exception" not in stopped.output
    assert not moving.ended()
    letters = StoredDeadLetters(FolderStorage(str(moving.dead), "deadLetter.path"))
    letters.add([DeadLetter(Write("orders", b'{"id":{"N":"1"}}', False, "segment 1 of 1"), "too large")])
    changed = {"mode": "full", "scan__readLimit__rate": "0"}
    done = moving.submit(detached=False, savepoint=savepoint, code=REJECTED, **changed)
    finished(cluster, done, code=REJECTED)
    assert "rejected 1 write permanently: 1 of table orders" in done.output
    assert str(moving.dead) in done.output
    letters.close()
    rmtree(moving.dead)
    seconds_until_gone(workers(cluster), LEFT_ALONE)
    moving.assert_whole()
    moving.assert_scanned_once()


def test_mode_full_ends_without_a_table_that_was_deleted_and_says_which_and_why(
    migration: MakeMigration, cluster: FlinkCluster, sides: Sides
) -> None:
    moving = migration(items=1500, traffic=False)
    deleted = moving.tables[0]
    with ThreadPoolExecutor(1) as pool:
        arguments = moving.settings(mode="full")
        submission = pool.submit(cluster.run_job, JOB, *arguments, detached=False, parallelism=2, check=False)
        until(moving.scanning, "the scan is under way")
        sides.source.ask("DeleteTable", {"TableName": deleted})
        done = submission.result()
    assert done.exit_code == 1, done.output
    assert "1 suspended table" in done.output
    assert f"{deleted} is suspended" in done.output
    assert f"tables.release: [{deleted}]" in done.output
    assert "Traceback" not in done.output
    for table in moving.tables[1:]:
        assert contents(sides.target, table) == contents(sides.source, table)


def contents(side: Target, table: str) -> List[Reduced]:
    key = key_at(side, table, None)
    return sorted(each for page in read(side, table, key) for each in page)


def running(cluster: FlinkCluster) -> str:
    [job] = [each["jid"] for each in cluster.rest.jobs() if each["state"] == "RUNNING"]
    return str(job)


def test_mode_schema_makes_the_tables_and_ends_as_finished(
    migration: MakeMigration, cluster: FlinkCluster, sides: Sides
) -> None:
    moving = migration(items=60, traffic=False)
    finished(cluster, moving.submit(mode="schema", detached=False))
    assert set(moving.tables) <= set(table_names(sides.target))
    assert moving.pages() == 0
    assert sides.target.ask("Scan", {"TableName": moving.tables[0], "Limit": 1})["Count"] == 0


def test_wrong_input_ends_flink_run_with_code_2_and_one_message(
    migration: MakeMigration, cluster: WarmCluster
) -> None:
    moving = migration(items=0, traffic=False)
    missing = "filter.whiteTableSet=there_is_no_such_table"
    done = cluster.flink_run(JOB, *moving.settings(), "--set", missing, check=False)
    assert done.exit_code == 2, done.output
    assert "there_is_no_such_table" in done.output
    assert "Exception" not in done.output
    assert "\tat " not in done.output
    assert done.job_id is None


def test_a_check_that_fails_inside_flink_ends_with_code_2_and_says_why(
    migration: MakeMigration, cluster: FlinkCluster, tmp_path: Path
) -> None:
    """A worker discovers that the report cannot be written, long after the submission."""
    (tmp_path / "file").touch()
    check = Checking(cluster, migration(items=0, traffic=False), tmp_path / "file" / "report")
    code = check.run(restart__attempts="0")
    assert code == 2, check.done.output
    cluster.wait_status(check.done.job_id or "", "FAILED")
    assert "polarshake check failed, and nothing is proven: check.report: " in check.done.output
    assert "\tat " not in check.done.output


def test_after_a_job_is_cancelled_no_python_worker_is_left(
    migration: MakeMigration, cluster: FlinkCluster
) -> None:
    moving = migration(items=600, traffic=False)
    moving.submit()
    moving.wait_running()
    until(lambda: moving.pages() > 0, "the scan is under way")
    left = workers(cluster)
    assert left
    cluster.cancel(moving.job_id)
    cluster.wait_status(moving.job_id, "CANCELED")
    seconds_until_gone(left, LEFT_ALONE)
    assert not workers(cluster)
