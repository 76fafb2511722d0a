"""A table is a unit of failure: what concerns one table suspends it, and the others go on."""

from __future__ import annotations

import json
from typing import Any, Callable, List

import pytest
from pymongo import MongoClient

from connectors.base.table_fault import FaultKind
from connectors.config.settings import Settings
from connectors.engine.enumerator import discovery
from connectors.engine.enumerator.table_planner import Suspension
from connectors.forward.validate import validate
from tests.harness.pipeline import Pipeline
from tests.integration.forward.conftest import MakeJob
from tests.integration.forward.tables import Item, Sides


def numbered(*numbers: int) -> List[Item]:
    return [{"pid": {"S": "p"}, "sid": {"N": str(number)}} for number in numbers]


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits a minute here until a deleted table is missed."""
    monkeypatch.setattr(discovery, "STREAM_CHECK_SECONDS", 0.5)


def live(running: Pipeline, *tables: str) -> bool:
    states = running.tables
    return all(table in states and states[table].live for table in tables)


def suspension(running: Pipeline, table: str) -> Suspension:
    running.run_until(lambda: table in running.tables and running.tables[table].suspension)
    found = running.tables[table].suspension
    assert found is not None
    return found


def wait_told(running: Pipeline, table: str, words: str) -> None:
    """The job's output says this of the table."""

    def said() -> bool:
        notices = [json.loads(text) for text in running.notices]
        return any(
            words in notice["text"] for notice in notices if notice.get("table") == table and "text" in notice
        )

    running.run_until(said)


def go_on(sides: Sides, running: Pipeline, table: str, item: int) -> None:
    """The table is moved on."""
    sides.put(table, *numbered(item))
    sides.settle(running, [table])


@pytest.fixture
def two(sides: Sides, job: MakeJob) -> Callable[..., Pipeline]:
    """A job that has copied the tables `good` and `bad`, and follows their streams."""

    def start(**options: Any) -> Pipeline:
        for name in ("good", "bad"):
            sides.put(sides.make(name), *numbered(*range(30)))
        running = job(**options)
        running.run_until(lambda: live(running, sides.name("good"), sides.name("bad")))
        sides.settle(running)
        return running

    return start


def again(running: Pipeline, settings: Callable[..., Settings], **sets: Any) -> None:
    """Stop with a savepoint, and start from it with these settings."""
    running.checkpoint()
    running.settings = settings(**sets)
    running.crash(first_attempt=True)


# -- 1.1 to 1.3 ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gap", ["suspend", "rescan", "fail"])
def test_a_table_that_is_deleted_at_the_source_is_suspended_and_the_others_go_on(
    gap: str, sides: Sides, two: Callable[..., Pipeline], settings: Callable[..., Settings]
) -> None:
    running, bad, good = two(streams__gap=gap), sides.name("bad"), sides.name("good")
    sides.source.ask("DeleteTable", {"TableName": bad})
    found = suspension(running, bad)
    assert (found.kind, found.incomplete) == (FaultKind.SOURCE_GONE, True)
    wait_told(running, bad, "no longer exists at the source")
    go_on(sides, running, good, 31)
    again(running, settings, streams__gap=gap)
    go_on(sides, running, good, 32)
    assert running.tables[bad].suspension == found
    wait_told(running, bad, f"{bad}@1")


def test_a_job_whose_table_was_deleted_resumes_although_the_filter_names_the_table(
    sides: Sides, two: Callable[..., Pipeline], settings: Callable[..., Settings], capfd: Any
) -> None:
    good, bad = sides.name("good"), sides.name("bad")
    white = [good, bad]
    running = two(filter__whiteTableSet=white)
    sides.source.ask("DeleteTable", {"TableName": bad})
    suspension(running, bad)
    validate(settings(filter__whiteTableSet=white), resumed=True)
    assert f"the source has no table {bad}" in capfd.readouterr().err
    again(running, settings, filter__whiteTableSet=white)
    go_on(sides, running, good, 31)


@pytest.mark.parametrize("how", ["filter", "release"])
def test_a_table_that_the_settings_leave_out_on_resume_is_released(
    how: str, sides: Sides, two: Callable[..., Pipeline], settings: Callable[..., Settings]
) -> None:
    running, bad, good = two(), sides.name("bad"), sides.name("good")
    left_out = {"filter__whiteTableSet": [good]} if how == "filter" else {"tables__release": [bad]}
    sides.source.ask("DeleteTable", {"TableName": bad})
    suspension(running, bad)
    again(running, settings, **left_out)
    go_on(sides, running, good, 31)
    assert running.tables[bad].released
    wait_told(running, bad, "is released")
    assert len(sides.items(bad)) == 30  # what was copied stays


def test_a_new_table_with_a_stream_that_does_not_fit_stops_no_other(
    sides: Sides, two: Callable[..., Pipeline], settings: Callable[..., Settings]
) -> None:
    running, good = two(), sides.name("good")
    keys_only = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    new = sides.make("new", stream=False, StreamSpecification=keys_only)
    sides.put(new, *numbered(1, 2, 3))
    found = suspension(running, new)
    assert (found.kind, found.incomplete) == (FaultKind.STREAM_UNFIT, False)
    assert "KEYS_ONLY" in found.reason
    go_on(sides, running, good, 31)
    for specification in ({"StreamEnabled": False}, {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}):
        sides.source.ask("UpdateTable", {"TableName": new, "StreamSpecification": specification})
    again(running, settings)
    running.run_for(1.0)
    assert running.tables[new].suspension == found  # never by itself
    again(running, settings, tables__resume=[f"{new}@1"])
    sides.settle(running)


def test_a_new_table_whose_namesake_has_another_key_stops_no_other(
    sides: Sides, two: Callable[..., Pipeline]
) -> None:
    running, new = two(tables__existing="recreate"), sides.name("new")
    key = {"AttributeName": "other", "KeyType": "HASH"}
    sides.target.ask(
        "CreateTable",
        {
            "TableName": new,
            "KeySchema": [key],
            "AttributeDefinitions": [{"AttributeName": "other", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )
    sides.target.ask("PutItem", {"TableName": new, "Item": {"other": {"S": "kept"}}})
    sides.make("new")
    assert suspension(running, new).kind == FaultKind.TARGET_DIFFERS
    go_on(sides, running, sides.name("good"), 31)
    assert sides.items(new) == [{"other": {"S": "kept"}}]  # 1.3: recreate is for the first plan


# -- 1.4: a table of the target ------------------------------------------------------------------------------


@pytest.mark.parametrize("made_again", [False, True])
@pytest.mark.parametrize("writes", [True, False], ids=["written", "idle"])
def test_a_target_table_that_was_dropped_is_copied_again_and_never_silently_partial(
    made_again: bool,
    writes: bool,
    sides: Sides,
    two: Callable[..., Pipeline],
    settings: Callable[..., Settings],
) -> None:
    running, bad = two(), sides.name("bad")
    description = sides.target.ask("DescribeTable", {"TableName": bad})["Table"]
    sides.target.ask("DeleteTable", {"TableName": bad})
    if made_again:
        request = {name: description[name] for name in ("TableName", "KeySchema", "AttributeDefinitions")}
        sides.target.ask("CreateTable", {**request, "BillingMode": "PAY_PER_REQUEST"})
    if writes:
        sides.put(bad, *numbered(31))
    found = suspension(running, bad)
    assert (found.kind, found.incomplete) == (FaultKind.TARGET_GONE, True)
    go_on(sides, running, sides.name("good"), 31)
    again(running, settings, tables__resume=[f"{bad}@1"])
    running.run_for(1.0)
    assert running.tables[bad].suspension == found
    wait_told(running, bad, "its copy is incomplete")
    again(running, settings, tables__rescan=[f"{bad}@1"])
    sides.settle(running)
    assert running.tables[bad].generation == 2


@pytest.mark.parametrize("target", ["mongodb"], indirect=True)
def test_a_collection_that_was_dropped_is_copied_again_although_a_write_creates_it_again(
    sides: Sides, two: Callable[..., Pipeline], settings: Callable[..., Settings]
) -> None:
    running, bad = two(), sides.name("bad")
    database = running.settings.mongodb
    assert database.address is not None
    with MongoClient[Any](database.address.reveal()) as client:
        client[str(database.database)].drop_collection(bad)
    sides.put(bad, *numbered(31))
    found = suspension(running, bad)
    assert (found.kind, found.incomplete) == (FaultKind.TARGET_GONE, True)
    again(running, settings, tables__rescan=[f"{bad}@1"])
    sides.settle(running)


def test_a_choice_that_stays_in_the_settings_copies_the_table_once(
    sides: Sides, two: Callable[..., Pipeline], settings: Callable[..., Settings]
) -> None:
    running, bad = two(), sides.name("bad")
    sides.target.ask("DeleteTable", {"TableName": bad})
    suspension(running, bad)
    for _ in range(3):
        again(running, settings, tables__rescan=[f"{bad}@1"])
        sides.settle(running)
    assert running.tables[bad].generation == 2
    sides.target.ask("DeleteTable", {"TableName": bad})
    second = suspension(running, bad)
    again(running, settings, tables__rescan=[f"{bad}@1"])
    running.run_for(1.0)
    assert running.tables[bad].suspension == second


# -- a stream ------------------------------------------------------------------------------------------------


def test_a_stream_that_is_made_again_suspends_its_table_until_it_is_copied_again(
    sides: Sides, two: Callable[..., Pipeline], settings: Callable[..., Settings]
) -> None:
    running, bad = two(), sides.name("bad")
    for specification in ({"StreamEnabled": False}, {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}):
        sides.source.ask("UpdateTable", {"TableName": bad, "StreamSpecification": specification})
        sides.delete(bad, *numbered(len(specification)))
    assert suspension(running, bad).kind == FaultKind.GAP
    go_on(sides, running, sides.name("good"), 31)
    again(running, settings, tables__rescan=[f"{bad}@1"])
    sides.settle(running)


# -- jobs with an end ----------------------------------------------------------------------------------------


def test_a_full_copy_ends_without_its_suspended_table_and_names_it(sides: Sides, job: MakeJob) -> None:
    good, bad = sides.make("good", stream=False), sides.make("bad", stream=False)
    for table in (good, bad):
        sides.put(table, *numbered(*range(30)))
    running = job(mode="full", scan__limit=1, scan__readLimit__unit="requests", scan__readLimit__rate=10)
    running.run_until(lambda: running.counts[bad].written > 3)
    sides.target.ask("DeleteTable", {"TableName": bad})
    running.run_until(lambda: running.completion.complete)
    assert list(running.completion.suspended) == [bad]
    assert "tables.rescan" in running.completion.suspended[bad]
    assert sides.verdict([good]).equal
