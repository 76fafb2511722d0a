"""Cases in which the forerunner of this job has gone wrong, stage by stage, with the rows expected."""

from __future__ import annotations

from typing import Any, Dict, Iterable

import pytest

from tests.harness.pipeline import Pipeline
from tests.integration.forward.conftest import TARGETS, MakeJob
from tests.integration.forward.sources import Expiring, ExpiringStreams, LateScans
from tests.integration.forward.tables import Item, Sides

pytestmark = pytest.mark.parametrize("target", TARGETS, indirect=True)


def key(number: int) -> Item:
    return {"pid": {"S": "p"}, "sid": {"N": str(100 * number)}}


def with_data(number: int, factor: int) -> Item:
    return {**key(number), "data": {"N": str(factor * 100 * number)}}


def update(sides: Sides, table: str, numbers: Iterable[int], factor: int) -> None:
    for number in numbers:
        sides.source.ask(
            "UpdateItem",
            {
                "TableName": table,
                "Key": key(number),
                "UpdateExpression": "SET #d = :d",
                "ExpressionAttributeNames": {"#d": "data"},
                "ExpressionAttributeValues": {":d": {"N": str(factor * 100 * number)}},
            },
        )


def rows(sides: Sides, table: str) -> Dict[int, Any]:
    """sid -> data, or None without it."""
    return {
        int(item["sid"]["N"]): int(item["data"]["N"]) if "data" in item else None
        for item in sides.items(table)
    }


@pytest.fixture
def started(sides: Sides, job: MakeJob) -> Pipeline:
    table = sides.make()
    sides.put(table, *[key(number) for number in range(1, 11)])
    running = job()
    running.run_until(lambda: running.completion.complete)
    return running


def test_inserts_updates_deletes_and_upserts_leave_the_expected_rows(sides: Sides, started: Pipeline) -> None:
    table = sides.name()
    sides.settle(started)
    assert rows(sides, table) == {100 * number: None for number in range(1, 11)}
    sides.put(table, *[with_data(number, 1) for number in range(5, 16)])
    sides.settle(started)
    found = rows(sides, table)
    assert len(found) == 15
    assert [sid for sid, data in sorted(found.items()) if data is None] == [100, 200, 300, 400]
    assert all(data == sid for sid, data in found.items() if sid >= 500)
    update(sides, table, range(2, 12), 10)
    sides.settle(started)
    assert {sid: data for sid, data in rows(sides, table).items() if 200 <= sid <= 1100} == {
        100 * number: 1000 * number for number in range(2, 12)
    }
    sides.delete(table, *[key(number) for number in range(10, 21)])
    sides.settle(started)
    assert sorted(rows(sides, table)) == [100 * number for number in range(1, 10)]
    update(sides, table, range(5, 31), 100)
    sides.settle(started)
    found = rows(sides, table)
    assert len(found) == 30
    assert all(data == 100 * sid for sid, data in found.items() if sid >= 500)


def test_a_key_inserted_removed_and_inserted_again_between_two_looks_has_its_last_value(
    sides: Sides, started: Pipeline
) -> None:
    table = sides.name()
    sides.settle(started)
    for last in ("put", "delete"):
        for number in (50, 51, 1):
            sides.put(table, with_data(number, 1))
            sides.delete(table, key(number))
            if last == "put":
                sides.put(table, with_data(number, 2))
        before = started.counts[table].streamed
        sides.settle(started)
        assert started.counts[table].streamed - before == (9 if last == "put" else 6)
        found = {sid: data for sid, data in rows(sides, table).items() if sid in (100, 5000, 5100)}
        assert found == ({100: 200, 5000: 10000, 5100: 10200} if last == "put" else {})


def test_attributes_removed_at_the_source_vanish_at_the_target(sides: Sides, started: Pipeline) -> None:
    table = sides.name()
    sides.put(table, {**with_data(1, 1), "more": {"L": []}, "a.b": {"S": ""}})
    sides.settle(started)
    request = {"TableName": table, "Key": key(1), "ExpressionAttributeNames": {"#a": "a.b", "#d": "data"}}
    sides.source.ask("UpdateItem", {**request, "UpdateExpression": "REMOVE #a, #d"})
    sides.settle(started)
    found = [item for item in sides.items(table) if item["sid"] == {"N": "100"}]
    assert found == [{**key(1), "more": {"L": []}}]
    sides.put(table, key(1))
    sides.settle(started)
    assert key(1) in sides.items(table)


def test_keys_changed_during_the_scan_are_not_brought_back_by_its_late_page(
    sides: Sides, job: MakeJob
) -> None:
    table = sides.make()
    sides.put(table, *[with_data(number, 1) for number in range(40)])
    running = job(components=LateScans)
    scans: Any = running.components._source
    running.run_until(lambda: scans.fetched)
    sides.delete(table, *[key(number) for number in range(0, 40, 2)])
    sides.put(table, *[with_data(number, 2) for number in range(1, 10, 2)])
    running.run_until(lambda: running.counts[table].streamed == 40 + 20 + 5)
    running.checkpoint()
    scans.release.set()
    running.run_until(lambda: running.completion.complete)
    assert (running.counts[table].scanned, running.counts[table].dropped) == (40, 40)
    sides.settle(running)
    assert len(rows(sides, table)) == 20


def test_the_keys_touched_before_a_crash_are_still_known_after_it(sides: Sides, job: MakeJob) -> None:
    table = sides.make()
    sides.put(table, *[with_data(number, 1) for number in range(40)])
    running = job(components=LateScans)
    first: Any = running.components._source
    running.run_until(lambda: first.fetched)
    sides.delete(table, *[key(number) for number in range(10)])
    running.run_until(lambda: running.counts[table].streamed == 40 + 10)
    running.checkpoint()
    running.crash()
    first.release.set()
    scans: Any = running.components._source
    scans.release.set()
    running.run_until(lambda: running.completion.complete)
    sides.settle(running)
    assert (running.counts[table].scanned, running.counts[table].dropped) == (30, 30)


def test_items_that_time_to_live_expires_are_deleted_at_the_target(sides: Sides, job: MakeJob) -> None:
    table = sides.make()
    sides.put(table, *[with_data(number, 1) for number in range(1, 6)])
    running = job(components=Expiring)
    running.run_until(lambda: running.completion.complete)
    sides.delete(table, key(2), key(4))
    sides.settle(running)
    assert sorted(rows(sides, table)) == [100, 300, 500]
    streams = running.components._streams
    assert isinstance(streams, ExpiringStreams)
    assert streams.expired == 2
