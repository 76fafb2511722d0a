"""A job is stopped with a savepoint and goes on from it."""

import pytest

from tests.cluster.migration import until


def stop(cluster, migration):
    migration.wait_running()  # or Flink takes no savepoint
    savepoint = cluster.stop_with_savepoint(migration.job_id)
    cluster.wait_status(migration.job_id, "FINISHED", seconds=180)
    return savepoint


@pytest.mark.parametrize(
    ("before", "after", "target"),
    [(2, 1, "polardb"), (1, 4, "polardb"), (2, 4, "mongodb")],
    indirect=["target"],
)
def test_a_job_goes_on_with_another_parallelism(migration, cluster, before, after):
    moving = migration()
    moving.submit(parallelism=before)
    until(moving.scanning, "the scan is under way")
    with moving.sides.reads.scans_held():
        savepoint = stop(cluster, moving)
    assert not moving.ended()
    moving.submit(parallelism=after, savepoint=savepoint)
    until(moving.ended, "the scan has ended")
    moving.wait_written()
    savepoint = stop(cluster, moving)
    moving.submit(parallelism=before, savepoint=savepoint)
    moving.wait_written()
    moving.assert_whole()
    moving.assert_scanned_once(restarts=2)


@pytest.mark.parametrize("key", ["lanes", "readers"])
def test_a_savepoint_is_refused_by_a_job_with_other_lanes_or_readers(migration, cluster, key):
    moving = migration(items=60)
    moving.submit(scan__readLimit__rate="0")
    until(moving.ended, "the scan has ended")
    moving.wait_written(1)
    savepoint = stop(cluster, moving)
    written = len(moving.sides.writes.calls)
    moving.submit(savepoint=savepoint, restart__attempts="0", **{key: "5"})
    cluster.wait_status(moving.job_id, "FAILED", seconds=180)
    cause = cluster.rest.get(f"/jobs/{moving.job_id}/exceptions")["exceptionHistory"]["entries"][0]
    assert f"{key}: is 5, but the job's savepoint was made with" in cause["stacktrace"]
    assert (
        len([call for call in moving.sides.writes.calls[written:] if call.operation == "BatchWriteItem"]) == 0
    )
