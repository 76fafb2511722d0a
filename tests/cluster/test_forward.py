"""The forward job on a real cluster: nothing is lost when processes are killed or servers are unavailable."""

from __future__ import annotations

import time
from typing import Any, Callable, List, Mapping, Tuple

import pytest

from connectors.command.cutover.health import caught_up
from connectors.command.progress.flink import FlinkJobs
from local.stack.flink.cluster import FlinkCluster
from local.stack.standin import StandIn
from tests.cluster.kills import Kills, scanning, streaming
from tests.cluster.migration import Migration, Sides
from tests.cluster.prometheus import Reporters, on_the_dashboard
from tests.cluster.secrets_shown import assert_no_secret_is_shown
from tests.cluster.submitted import until
from tests.unit.deploy.emitted import Metric

MakeMigration = Callable[..., Migration]
Measured = Callable[[str, object], None]
DOWN_SECONDS = 30.0
BUSY = {
    "service": "dynamodb",
    "operation": "BatchWriteItem",
    "probability": 0.5,
    "error": {"code": "ProvisionedThroughputExceededException"},
}


@pytest.fixture
def server(target: str, sides: Sides, request: pytest.FixtureRequest) -> Any:
    """The target that the job uses, which a test stops and starts."""
    return sides.writes if target == "mongodb" else request.getfixturevalue("standin")


@pytest.mark.everyday
def test_tables_are_copied_and_followed_although_a_worker_is_killed(
    migration: MakeMigration, cluster: FlinkCluster, measured: Measured
) -> None:
    moving = migration(items=1500)
    moving.submit()
    kills = Kills(moving, cluster, measured)
    scanning(moving)
    kills.python_worker()
    streaming(moving)
    reporters, lag = Reporters(), Metric("lagSeconds", True)
    until(lambda: on_the_dashboard() <= reporters.names("polarshake forward"), "what the dashboard shows")
    # A table is shown after its worker has received its shards, so the last table appears later than the
    # first.
    until(lambda: reporters.tables(lag) == set(moving.tables), f"the lag of {moving.tables}, and no other")
    moving.assert_whole()
    moving.assert_scanned_once()


def test_nothing_is_lost_when_processes_are_killed_or_unavailable_or_when_the_parallelism_changes(
    migration: MakeMigration, cluster: FlinkCluster, server: Any, measured: Measured, all_secrets: List[str]
) -> None:
    moving = migration()
    moving.submit()
    kills = Kills(moving, cluster, measured)
    for step in (kills.python_worker, kills.taskmanager, lambda: kills.rescaled(1)):
        scanning(moving)
        step()
    streaming(moving)
    outlasted(moving, server)
    for step in (kills.jobmanager, lambda: kills.rescaled(4), kills.python_worker):
        streaming(moving)
        step()
    assert_no_secret_is_shown(all_secrets, cluster, moving.job_id, moving.dead)
    moving.assert_whole()
    moving.assert_scanned_once()


@pytest.mark.parametrize("target", ["mongodb"], indirect=True)
def test_nothing_is_lost_with_mongodb_when_writers_are_killed_or_the_server_is_unavailable(
    migration: MakeMigration, cluster: FlinkCluster, server: Any, measured: Measured, all_secrets: List[str]
) -> None:
    """Recovery is the same with every target. What differs is the writer."""
    moving = migration()
    moving.submit()
    kills = Kills(moving, cluster, measured)
    scanning(moving)
    kills.taskmanager()
    streaming(moving)
    outlasted(moving, server)
    kills.python_worker()
    assert_no_secret_is_shown(all_secrets, cluster, moving.job_id, moving.dead)
    moving.assert_whole()
    moving.assert_scanned_once()


def outlasted(moving: Migration, server: Any) -> None:
    """The target is unavailable for half a minute. The job waits and does not restart."""
    failures = moving.failures()
    server.stop()
    time.sleep(DOWN_SECONDS)
    server.start()
    moving.wait_written()
    assert moving.failures() == failures


def test_a_target_that_throttles_half_of_the_requests_gets_everything_without_a_restart(
    migration: MakeMigration, fault_proxy: Callable[..., Any], standin: StandIn
) -> None:
    proxy = fault_proxy(standin.address, keys=(standin.access_key, standin.secret_key))
    moving = migration(items=1500)
    proxy.set_rules([BUSY])
    moving.submit(polardb__endpoint=proxy.address, scan__readLimit__rate="0")
    until(moving.ended, "the scan has ended")
    moving.assert_consistent()
    moving.assert_scanned_once()
    assert len(proxy.fired()) > 20
    moving.assert_never_failed()


def test_a_savepoint_is_refused_by_a_job_with_other_readers(
    migration: MakeMigration, cluster: FlinkCluster
) -> None:
    moving = migration(items=60, traffic=False)
    moving.submit(scan__readLimit__rate="0")
    until(moving.ended, "the scan has ended")
    moving.wait_running()
    savepoint = cluster.stop_with_savepoint(moving.job_id)
    cluster.wait_status(moving.job_id, "FINISHED")
    written = len(moving.sides.writes.calls)
    moving.submit(savepoint=savepoint, restart__attempts="0", readers="5")
    cluster.wait_status(moving.job_id, "FAILED")
    assert "readers: is 5, but the job's savepoint was made with" in cause(cluster, moving)
    operations = [call.operation for call in moving.sides.writes.calls[written:]]
    assert "BatchWriteItem" not in operations


def test_a_recreated_stream_leads_to_a_new_scan_or_suspends_its_table_until_it_is_scanned_again(
    migration: MakeMigration, sides: Sides, cluster: FlinkCluster
) -> None:
    moving = migration(items=600)
    settings = {"streams__discoverySeconds": "2", "scan__readLimit__rate": "0"}
    moving.submit(streams__gap="rescan", **settings)
    streaming(moving)
    table, before = moving.tables[0], moving.begun()
    lose_deletes(sides, table)
    until_only_it_is_scanned_again(moving, table, before)
    savepoint = cluster.stop_with_savepoint(moving.job_id)
    moving.submit(savepoint=savepoint, restart__attempts="0", **settings)
    moving.wait_checkpoint()
    lose_deletes(sides, table)
    jobs = FlinkJobs(cluster.address)
    suspended = lambda: jobs.progress(moving.job_id).suspended  # noqa: E731
    until(lambda: list(suspended()) == [table], "this table is suspended, and no other")
    assert "changes left the stream" in suspended()[table].reason
    assert f"tables.rescan: [{table}@1]" in suspended()[table].advice
    assert not caught_up(jobs.progress(moving.job_id)).ok
    moving.wait_written()
    moving.assert_never_failed()
    savepoint = cluster.stop_with_savepoint(moving.job_id)
    before = moving.begun()  # Counted again: a page that was not written at the first stop is read twice.
    moving.submit(savepoint=savepoint, tables__rescan=f"{table}@1", **settings)
    until_only_it_is_scanned_again(moving, table, before)
    moving.stop_traffic()
    moving.assert_equal()
    assert suspended() == {}


def until_only_it_is_scanned_again(
    moving: Migration, table: str, before: Mapping[Tuple[str, int], int]
) -> None:
    again = {key: times + (key[0] == table) for key, times in before.items()}
    until(lambda: moving.begun() == again, f"only {table} is scanned again, after {before}")


def lose_deletes(sides: Sides, table: str) -> None:
    """Delete five items while the stream is disabled, so that no change record exists for the deletes."""
    switch(sides, table, on=False)
    items = sides.source.ask("Scan", {"TableName": table, "Limit": 5})["Items"]
    schema = sides.source.ask("DescribeTable", {"TableName": table})["Table"]["KeySchema"]
    names = [each["AttributeName"] for each in schema]
    for item in items:
        sides.source.ask("DeleteItem", {"TableName": table, "Key": {name: item[name] for name in names}})
    switch(sides, table, on=True)


def switch(sides: Sides, table: str, on: bool) -> None:
    view = {"StreamViewType": "NEW_AND_OLD_IMAGES"} if on else {}
    wanted = {"TableName": table, "StreamSpecification": {"StreamEnabled": on, **view}}
    sides.source.ask("UpdateTable", wanted)


def cause(cluster: FlinkCluster, moving: Migration) -> str:
    failures = cluster.rest.get(f"/jobs/{moving.job_id}/exceptions")["exceptionHistory"]["entries"]
    return str(failures[0]["stacktrace"])
