"""Cases in which the forerunner of this job has gone wrong, stage by stage, with the rows expected."""

from __future__ import annotations

from typing import Any, Dict, Iterable

import pytest

from connectors.dynamodb.caller import Response
from connectors.dynamodb.scan.request import ScanOptions, ScanRequest
from connectors.model.steps import FIRST_SCAN
from tests.harness.pipeline import Pipeline
from tests.integration.forward.conftest import TARGETS, MakeJob
from tests.integration.forward.sources import Expiring, StaleScans
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
    sides: Sides, job: MakeJob
) -> None:
    table = sides.make()
    sides.put(table, *[key(number) for number in range(1, 11)])
    running = job(streams__pollMilliseconds=2000)
    seen = 10  # the margin before the registration
    running.run_until(lambda: running.counts[table].streamed == seen)
    for last in ("put", "delete"):
        for number in (50, 51, 1):
            sides.put(table, with_data(number, 1))
            sides.delete(table, key(number))
            if last == "put":
                sides.put(table, with_data(number, 2))
        seen += 9 if last == "put" else 6
        running.run_until(lambda seen=seen: running.counts[table].streamed == seen)
        sides.settle(running)
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


PAGE = 4
"""Items of a page."""
SECOND_SCAN = FIRST_SCAN + 4


@pytest.fixture
def aged(sides: Sides, job: MakeJob) -> Pipeline:
    """A job amid its scan, whose every page shows the table as it is now. The scan pauses for the stream, and
    goes on."""

    class Aged(StaleScans):
        pages: Dict[bytes, Response] = {}

    table = sides.make()
    sides.put(table, *[with_data(number, 1) for number in range(40)])
    slow = {"scan__readLimit__rate": 3, "scan__readLimit__unit": "requests"}
    running = job(components=Aged, scan__segments=1, scan__limit=PAGE, **slow)
    source: Any = running.components._source
    assert source.remember(ScanRequest(table, 0, 1, ScanOptions(PAGE))) >= 40 // PAGE
    running.run_until(lambda: running.counts[table].scanned)
    return running


def test_late_pages_of_a_scan_that_went_on_are_corrected_by_the_replay_from_the_anchor(
    sides: Sides, aged: Pipeline
) -> None:
    table = sides.name()
    sides.delete(table, *[key(number) for number in range(0, 40, 2)])
    sides.put(table, *[with_data(number, 2) for number in range(1, 10, 2)])
    # A second scan proves that segments were left when the stream had been caught up with.
    aged.run_until(lambda: aged.tables[table].step >= SECOND_SCAN)
    aged.run_until(lambda: aged.tables[table].live)
    sides.settle(aged)
    assert len(rows(sides, table)) == 20
    assert aged.counts[table].scanned == 40
    assert aged.counts[table].streamed >= 2 * (20 + 5)


@pytest.mark.parametrize("step", [SECOND_SCAN - 2, SECOND_SCAN])
def test_the_anchor_is_still_known_after_a_crash(step: int, sides: Sides, aged: Pipeline) -> None:
    table = sides.name()
    sides.delete(table, *[key(number) for number in range(10)])
    aged.run_until(lambda: aged.tables[table].step >= step)
    aged.run_for(0.3)
    aged.checkpoint()
    aged.crash()
    aged.run_until(lambda: table in aged.tables and aged.tables[table].live)
    sides.settle(aged)
    assert len(rows(sides, table)) == 30


def test_items_that_time_to_live_expires_are_deleted_at_the_target(sides: Sides, job: MakeJob) -> None:
    table = sides.make()
    sides.put(table, *[with_data(number, 1) for number in range(1, 6)])
    running = job(components=Expiring)
    running.run_until(lambda: running.completion.complete)
    sides.delete(table, key(2), key(4))
    sides.settle(running)
    assert sorted(rows(sides, table)) == [100, 300, 500]
    parts = running.components
    assert isinstance(parts, Expiring)
    assert parts.streams.expired == 2
