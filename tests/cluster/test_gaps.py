"""Changes that the stream has lost: told, or mended by a new scan where the configuration says so."""

from tests.cluster.migration import SEGMENTS, until


def streaming(migration):
    until(migration.ended, "the scan has ended")
    migration.wait_checkpoint()


def switch(source, table, on):
    view = {"StreamViewType": "NEW_AND_OLD_IMAGES"} if on else {}
    source.ask("UpdateTable", {"TableName": table, "StreamSpecification": {"StreamEnabled": on, **view}})


def lose_deletes(sides, table):
    """Delete five items while the stream is off: the only trace of them is that they are not there."""
    switch(sides.source, table, on=False)
    found = sides.source.ask("Scan", {"TableName": table, "Limit": 5})["Items"]
    schema = sides.source.ask("DescribeTable", {"TableName": table})["Table"]["KeySchema"]
    names = [each["AttributeName"] for each in schema]
    for item in found:
        sides.source.ask("DeleteItem", {"TableName": table, "Key": {name: item[name] for name in names}})
    switch(sides.source, table, on=True)


def test_a_table_whose_stream_was_made_anew_is_scanned_again_and_loses_what_was_deleted_meanwhile(
    migration, sides
):
    moving = migration(items=600, traffic=False)
    moving.submit(streams__gap="rescan", streams__discoverySeconds="2", scan__readLimit__rate="0")
    streaming(moving)
    table = moving.tables[0]
    lose_deletes(sides, table)
    again = {(table, segment): 2 for segment in range(SEGMENTS)}
    until(lambda: again.items() <= moving.begun().items(), "the table is scanned again")
    moving.assert_equal()
    once = {(name, segment): 1 for name in moving.tables[1:] for segment in range(SEGMENTS)}
    assert moving.begun() == {**again, **once}


def test_a_stream_made_anew_fails_the_job_with_the_name_of_its_table(migration, sides, cluster):
    moving = migration(items=60, traffic=False)
    moving.submit(streams__discoverySeconds="2", scan__readLimit__rate="0", restart__attempts="0")
    streaming(moving)
    lose_deletes(sides, moving.tables[0])
    # A table's stream is looked at once a minute, and the end of a job takes its time.
    cluster.wait_status(moving.job_id, "FAILED", seconds=180)
    failures = cluster.rest.get(f"/jobs/{moving.job_id}/exceptions")["exceptionHistory"]["entries"]
    assert moving.tables[0] in failures[0]["stacktrace"]
    assert "streams.gap" in failures[0]["stacktrace"]
