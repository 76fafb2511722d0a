"""Tables: made like the source's, kept or not, found while the job runs; modes; streams that are missing."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict

import pytest

from connectors.base.errors import PreflightError
from connectors.config.settings import Settings
from connectors.forward.validate import validate
from tests.integration.forward.conftest import MakeJob
from tests.integration.forward.tables import Item, Sides, schema

EXTRAS: Dict[str, Any] = {
    "AttributeDefinitions": [
        {"AttributeName": "status", "AttributeType": "S"},
        {"AttributeName": "placed", "AttributeType": "N"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-status",
            "KeySchema": schema(["status", "placed"]),
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["total"]},
            "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 2},
        }
    ],
    "LocalSecondaryIndexes": [
        {
            "IndexName": "by-placed",
            "KeySchema": schema(["pid", "placed"]),
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
    "BillingMode": "PROVISIONED",
    "ProvisionedThroughput": {"ReadCapacityUnits": 7, "WriteCapacityUnits": 3},
}


def numbered(number: int) -> Item:
    return {"pid": {"S": "p"}, "sid": {"N": str(number)}}


def expiring(sides: Sides, table: str) -> None:
    setting = {"AttributeName": "expires", "Enabled": True}
    sides.source.ask("UpdateTimeToLive", {"TableName": table, "TimeToLiveSpecification": setting})


def described(sides: Sides, table: str) -> Dict[str, Any]:
    found: Dict[str, Any] = sides.target.ask("DescribeTable", {"TableName": table})["Table"]
    return found


def ttl_of(sides: Sides, table: str) -> Any:
    return sides.target.ask("DescribeTimeToLive", {"TableName": table})["TimeToLiveDescription"]


def names_of(indexes: Any) -> Any:
    return [(each["IndexName"], each["KeySchema"], each["Projection"]) for each in indexes or []]


def test_a_table_is_made_with_its_keys_indexes_and_time_to_live(sides: Sides, job: MakeJob) -> None:
    table = sides.make("", **EXTRAS)
    expiring(sides, table)
    running = job(mode="schema")
    running.run_until(lambda: running.completion.complete)
    made = described(sides, table)
    assert made["KeySchema"] == schema(["pid", "sid"])
    assert {(each["AttributeName"], each["AttributeType"]) for each in made["AttributeDefinitions"]} == {
        ("pid", "S"), ("sid", "N"), ("status", "S"), ("placed", "N")
    }  # fmt: skip
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        assert names_of(made[kind]) == names_of(EXTRAS[kind])
    assert (ttl_of(sides, table)["TimeToLiveStatus"], ttl_of(sides, table)["AttributeName"]) == (
        "ENABLED",
        "expires",
    )


def test_indexes_and_time_to_live_are_left_out_where_the_configuration_says_so(
    sides: Sides, job: MakeJob
) -> None:
    table = sides.make("", **EXTRAS)
    expiring(sides, table)
    running = job(mode="schema", tables__createIndexes="false", tables__copyTtl="false")
    running.run_until(lambda: running.completion.complete)
    made = described(sides, table)
    assert not made.get("GlobalSecondaryIndexes")
    assert not made.get("LocalSecondaryIndexes")
    assert {definition["AttributeName"] for definition in made["AttributeDefinitions"]} == {"pid", "sid"}
    assert ttl_of(sides, table)["TimeToLiveStatus"] == "DISABLED"


def test_billing_reaches_a_target_that_has_it(sides: Sides, job: MakeJob) -> None:
    """The stand-in, like PolarDB, accepts capacity and forgets it: see what is asked of it."""
    table = sides.make("", **EXTRAS)
    for copied in (True, False):
        running = job(mode="schema", tables__copyBilling=str(copied).lower(), tables__existing="recreate")
        asked = []
        target = running.components._target._client  # type: ignore[attr-defined]
        call = target.call

        def noting(operation: str, body: bytes, *rest: Any, call: Any = call, asked: Any = asked) -> Any:
            asked.append((operation, body))
            return call(operation, body, *rest)

        target.call = noting
        running.run_until(lambda running=running: running.completion.complete)
        (request,) = [body for operation, body in asked if operation == "CreateTable"]
        assert (b'"ReadCapacityUnits":7' in request) is copied
        assert (b"PAY_PER_REQUEST" in request) is not copied
    assert described(sides, table)["KeySchema"] == schema(["pid", "sid"])


@pytest.fixture
def standing(sides: Sides, job: MakeJob) -> str:
    """A table with one item at the source and another one at the target."""
    table = sides.make()
    first = job(mode="schema")
    first.run_until(lambda: first.completion.complete)
    sides.put(table, numbered(1))
    sides.target.ask("PutItem", {"TableName": table, "Item": numbered(2)})
    return table


def sids(sides: Sides, table: str) -> Any:
    return sorted(int(item["sid"]["N"]) for item in sides.items(table))


def test_an_existing_table_is_kept_and_written_into(sides: Sides, standing: str, job: MakeJob) -> None:
    running = job(mode="full")
    running.run_until(lambda: running.completion.complete)
    assert sids(sides, standing) == [1, 2]


def test_an_existing_table_is_recreated_once_and_not_again_after_a_crash(
    sides: Sides, standing: str, job: MakeJob
) -> None:
    running = job(tables__existing="recreate")
    running.run_until(lambda: running.completion.complete)
    assert sids(sides, standing) == [1]
    running.checkpoint()
    sides.target.ask("PutItem", {"TableName": standing, "Item": numbered(3)})
    running.crash()
    running.run_for(2.0)
    assert sids(sides, standing) == [1, 3]


def test_an_existing_table_that_holds_items_stops_the_job_if_configured(
    sides: Sides, standing: str, job: MakeJob, settings: Callable[..., Settings]
) -> None:
    with pytest.raises(PreflightError, match=rf"{standing}.*holds items and tables\.existing is fail"):
        validate(settings(mode="full", tables__existing="fail"), resumed=False)
    running = job(mode="full", tables__existing="fail")
    with pytest.raises(PreflightError, match=r"tables\.existing is fail"):
        running.run_until(lambda: running.completion.complete)
    assert sids(sides, standing) == [2]


def test_a_table_made_while_the_job_runs_is_taken_in_with_its_schema(sides: Sides, job: MakeJob) -> None:
    sides.put(sides.make("old"), numbered(1))
    running = job()
    running.run_until(lambda: running.completion.complete)
    table = sides.make("new", **EXTRAS)
    sides.put(table, *[numbered(number) for number in range(30)])
    running.run_until(lambda: table in sides.listed(sides.target))
    sides.settle(running)
    assert names_of(described(sides, table)["GlobalSecondaryIndexes"]) == names_of(
        EXTRAS["GlobalSecondaryIndexes"]
    )
    sides.delete(table, numbered(3))
    sides.put(table, numbered(31))
    sides.settle(running)
    assert sids(sides, table) == [number for number in range(32) if number not in (3, 30)]


def test_new_tables_are_left_alone_where_the_configuration_says_so(sides: Sides, job: MakeJob) -> None:
    sides.put(sides.make("old"), numbered(1))
    running = job(streams__newTables="false")
    running.run_until(lambda: running.completion.complete)
    sides.make("new")
    running.run_for(2.0)
    assert sides.listed(sides.target) == [sides.name("old")]


def test_a_missing_stream_is_switched_on(sides: Sides, job: MakeJob) -> None:
    table = sides.make(stream=False)
    sides.put(table, numbered(1))
    running = job()
    running.run_until(lambda: running.completion.complete)
    sides.put(table, numbered(2))
    sides.settle(running)
    assert sids(sides, table) == [1, 2]


def test_a_missing_stream_is_refused_by_the_tables_name_where_it_may_not_be_switched_on(
    sides: Sides, job: MakeJob, settings: Callable[..., Settings]
) -> None:
    table = sides.make(stream=False)
    with pytest.raises(PreflightError, match=rf"{table}.*no enabled stream"):
        validate(settings(streams__enable="false"), resumed=False)
    assert sides.listed(sides.target) == []
    running = job(streams__enable="false", tables__onError="fail")
    with pytest.raises(PreflightError, match=rf"table {table}.*no enabled stream"):
        running.run_until(lambda: running.completion.complete)


@pytest.mark.parametrize("view", ["KEYS_ONLY", "OLD_IMAGE"])
def test_a_stream_without_the_new_items_is_refused(
    view: str, sides: Sides, job: MakeJob, settings: Callable[..., Settings]
) -> None:
    specification = {"StreamEnabled": True, "StreamViewType": view}
    table = sides.make(stream=False, StreamSpecification=specification)
    with pytest.raises(PreflightError, match=rf"{table}.*view type is {view}"):
        validate(settings(), resumed=False)
    running = job(tables__onError="fail")
    with pytest.raises(PreflightError, match=rf"table {table}.*view type is {view}"):
        running.run_until(lambda: running.completion.complete)


def test_mode_schema_makes_the_tables_and_moves_nothing(sides: Sides, job: MakeJob) -> None:
    table = sides.make(stream=False)
    sides.put(table, numbered(1))
    running = job(mode="schema")
    running.run_until(lambda: running.completion.complete)
    running.run_for(0.5)
    assert sides.items(table) == []
    assert "LatestStreamArn" not in sides.source.ask("DescribeTable", {"TableName": table})["Table"]


def test_mode_full_copies_once_and_needs_no_stream(sides: Sides, job: MakeJob) -> None:
    table = sides.make(stream=False)
    sides.put(table, *[numbered(number) for number in range(30)])
    running = job(mode="full")
    running.run_until(lambda: running.completion.complete)
    assert sides.verdict().equal
    assert "LatestStreamArn" not in sides.source.ask("DescribeTable", {"TableName": table})["Table"]
    sides.put(table, numbered(99))
    running.run_for(1.0)
    assert 99 not in sids(sides, table)


@pytest.mark.parametrize("start", ["oldest", "now"])
def test_mode_incremental_begins_with_the_oldest_change_or_with_the_next(
    start: str, sides: Sides, job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody waits five minutes here: "now" would take in what is that old.
    monkeypatch.setattr("connectors.engine.enumerator.table_planner.SKIP_MARGIN", 0.0)
    table = sides.make(stream=False)
    sides.put(table, numbered(1))
    specification = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    sides.source.ask("UpdateTable", {"TableName": table, "StreamSpecification": specification})
    sides.put(table, numbered(2))
    if start == "now":
        time.sleep(1.1)  # records carry whole seconds
    running = job(mode="incremental", streams__start=start)
    running.run_until(lambda: table in running.phases() and "REGISTERED" in running.phases())
    sides.put(table, numbered(3))
    expected = [2, 3] if start == "oldest" else [3]
    running.run_until(lambda: sids(sides, table)[-1:] == [3])
    running.run_for(0.5)
    assert sids(sides, table) == expected
