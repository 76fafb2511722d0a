"""MongoDB as the target: every kind of value in every form, and what becomes of what is there already."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

import pytest
from bson import Decimal128, Int64, ObjectId

from connectors.base.errors import PreflightError, TerminalError
from local.traffic.sizes import LIMIT, item_size
from local.verify import Documents
from tests.harness.pipeline import Pipeline
from tests.integration.forward.conftest import SERVERS, MakeJob
from tests.integration.forward.tables import Item, Sides, schema
from tests.integration.forward.test_items import DIGITS, KEYS, NAMES, VALUES, settled, sides_keys

MONGODB = tuple(name for name in SERVERS if name.startswith("mongodb"))
every_form = pytest.mark.parametrize("target", MONGODB, indirect=True)
plain = pytest.mark.parametrize("target", ["mongodb, change"], indirect=True)
by_key = pytest.mark.parametrize("target", ["mongodb, change, key"], indirect=True)
ODD = ("odd",)
"""Keys with a dot in their name, which no filter can name."""


def documents(sides: Sides, table: str = "") -> List[Dict[str, Any]]:
    assert isinstance(sides.target, Documents)
    return list(sides.target.database[sides.name(table)].find())


def finished(job: MakeJob, **options: Any) -> Pipeline:
    running = job(**{"mode": "full", **options})
    running.run_until(lambda: running.completion.complete)
    return running


def dead_letters(folder: Path) -> List[Any]:
    return [json.loads(line) for file in (folder / "dead").glob("*.jsonl") for line in file.open()]


@every_form
def test_every_type_and_its_edges_by_scan_and_stream(sides: Sides, job: MakeJob, tmp_path: Path) -> None:
    table = sides.make("values", "id:S")
    items: List[Item] = [{"id": {"S": str(number)}, "value": value} for number, value in enumerate(VALUES)]
    items += [{"id": {"S": f"name {name}"}, name: {"S": name}} for name in NAMES]
    items.append({"id": {"S": "M"}, "M": {"M": {"M": {"S": ""}}}, "_id": {"N": "1"}, "value": {"N": "1"}})
    sides.put(table, *items[::2])
    running = job()
    running.run_until(lambda: running.completion.complete)
    sides.put(table, *items[1::2])
    running.run_until(lambda: running.counts[table].streamed >= len(items))
    running.run_until(lambda: settled(running, table))
    (verdict,) = sides.verdict([table]).tables
    # A name with a leading $ is the server's to take or to refuse.
    dead = {letter["item"]["id"]["S"] for letter in dead_letters(tmp_path)}
    assert (verdict.missing, verdict.extra, verdict.different) == (len(dead), 0, 0), str(verdict)
    assert len(dead) <= 1


@every_form
@pytest.mark.parametrize("kind", [kind for kind in KEYS if kind not in ODD])
def test_keys_of_every_type_and_name(kind: str, sides: Sides, job: MakeJob) -> None:
    names, keys = KEYS[kind]
    table = sides.make("keys", *names)
    half = len(keys) // 2
    sides.put(table, *[{**key, "by": {"S": "scan"}} for key in keys[:half]])
    running = job()
    running.run_until(lambda: running.completion.complete)
    sides.put(table, *[{**key, "by": {"S": "stream"}} for key in keys[half:]])
    sides.settle(running)
    sides.put(table, *[{**key, "by": {"S": "again"}} for key in sides_keys(sides, table, list(keys[0]))])
    sides.settle(running)
    assert len(documents(sides, "keys")) == len(keys)
    sides.delete(table, *sides_keys(sides, table, list(keys[0])))
    sides.settle(running)
    assert documents(sides, "keys") == []


@every_form
def test_a_second_copy_of_the_same_items_changes_nothing(sides: Sides, job: MakeJob) -> None:
    table = sides.make()
    sides.put(
        table, *[{"pid": {"S": "p"}, "sid": {"N": str(n)}, "v": {"NS": ["1", "3.5"]}} for n in range(50)]
    )
    finished(job)
    before = documents(sides)
    assert len(before) == 50
    finished(job)
    assert sorted(documents(sides), key=str) == sorted(before, key=str)


@every_form
def test_items_of_400_kb(sides: Sides, job: MakeJob) -> None:
    table = sides.make("large", "id:S")
    items: List[Item] = [{"id": {"S": str(number)}, "body": {"S": ""}} for number in range(4)]
    for item in items:
        item["body"]["S"] = "." * (LIMIT - item_size(item))
    sides.put(table, *items)
    finished(job)
    assert sides.verdict([table]).equal


@plain
def test_an_item_becomes_a_document_of_plain_values(sides: Sides, job: MakeJob) -> None:
    table = sides.make("", "id:S")
    item = {"id": {"S": "a"}, "aaa": {"L": [{"S": "aa1"}, {"N": "1234"}]}, "hello_world": {"S": "f2"}}
    sides.put(table, {**item, "half": {"N": "0.5"}, "long": {"N": DIGITS}})
    finished(job)
    (document,) = documents(sides)
    assert isinstance(document.pop("_id"), ObjectId)
    assert document == {
        "id": "a",
        "aaa": ["aa1", Int64(1234)],
        "hello_world": "f2",
        "half": Decimal128("0.5"),
        "long": DIGITS,
    }


@plain
def test_a_number_too_long_is_a_dead_letter_where_that_is_wanted(
    sides: Sides, job: MakeJob, tmp_path: Path
) -> None:
    table = sides.make("", "id:S")
    long, short = {"id": {"S": "long"}, "n": {"N": DIGITS}}, {"id": {"S": "short"}, "n": {"N": DIGITS[:34]}}
    sides.put(table, long, short)
    running = finished(job, mongodb__longNumbers="deadLetter")
    assert running.dead == 1
    (letter,) = dead_letters(tmp_path)
    assert letter["item"] == long
    assert "34 digits" in letter["reason"]
    assert [document["id"] for document in documents(sides)] == ["short"]


@plain
def test_what_bson_cannot_hold_is_a_dead_letter_and_the_rest_arrives(
    sides: Sides, job: MakeJob, tmp_path: Path
) -> None:
    table = sides.make("", "id:S")
    refused: List[Item] = [
        {"id": {"S": "nul"}, "a\x00b": {"N": "1"}},
        {"id": {"S": "both"}, "_id": {"N": "1"}, "pre_id": {"N": "2"}},
    ]
    sides.put(table, *refused, {"id": {"S": "good"}, "v": {"S": "a\x00b"}})
    running = finished(job)
    assert running.dead == 2
    assert sorted((letter["item"] for letter in dead_letters(tmp_path)), key=str) == sorted(refused, key=str)
    assert [document["v"] for document in documents(sides)] == ["a\x00b"]


@plain
def test_a_document_that_another_unique_index_refuses_is_a_dead_letter(
    sides: Sides, job: MakeJob, tmp_path: Path
) -> None:
    table = sides.make("", "id:S")
    assert isinstance(sides.target, Documents)
    sides.target.database[table].create_index("email", unique=True)
    sides.put(table, *[{"id": {"S": str(n)}, "email": {"S": f"{max(n, 2)}@x"}} for n in range(6)])
    running = finished(job)
    assert running.dead == 2
    assert len(documents(sides)) == 4
    reasons = {letter["reason"] for letter in dead_letters(tmp_path)}
    assert all("E11000" in reason and "@x" not in reason for reason in reasons)


ALL = {"ProjectionType": "ALL"}
INDEXES: Dict[str, Any] = {
    "AttributeDefinitions": [
        {"AttributeName": "status", "AttributeType": "S"},
        {"AttributeName": "placed", "AttributeType": "N"},
    ],
    "GlobalSecondaryIndexes": [
        {"IndexName": "by-status", "KeySchema": schema(["status", "placed"]), "Projection": ALL}
    ],
    "LocalSecondaryIndexes": [
        {"IndexName": "by-placed", "KeySchema": schema(["pid", "placed"]), "Projection": ALL}
    ],
}


def indexes(sides: Sides, table: str) -> Dict[Any, bool]:
    assert isinstance(sides.target, Documents)
    found = sides.target.database[table].index_information()
    return {tuple(each["key"]): bool(each.get("unique")) for name, each in found.items() if name != "_id_"}


@pytest.mark.parametrize("target", ["mongodb", "mongodb, change", "mongodb, change, key"], indirect=True)
def test_a_collection_gets_an_index_for_each_of_the_tables(
    sides: Sides, job: MakeJob, request: pytest.FixtureRequest
) -> None:
    table = sides.make("", **INDEXES)
    finished(job, mode="schema")
    form = request.node.callspec.params["target"]
    pid, sid, status, placed = (
        ("pid.S", "sid.N", "status.S", "placed.N")
        if form == "mongodb"
        else ("pid", "sid", "status", "placed")
    )
    wanted = {((pid, 1),): False, ((status, 1), (placed, 1)): False, ((pid, 1), (placed, 1)): False}
    if "key" not in form:
        wanted[(pid, 1), (sid, 1)] = True
    assert indexes(sides, table) == wanted


@plain
def test_secondary_indexes_are_left_out_where_the_configuration_says_so(sides: Sides, job: MakeJob) -> None:
    table = sides.make("", **INDEXES)
    finished(job, mode="schema", tables__createIndexes="false")
    assert indexes(sides, table) == {(("pid", 1),): False, (("pid", 1), ("sid", 1)): True}


@pytest.fixture
def standing(sides: Sides, job: MakeJob) -> str:
    """A collection with a document that the source does not have, which has another one."""
    table = sides.make()
    finished(job, mode="schema")
    sides.put(table, {"pid": {"S": "p"}, "sid": {"N": "1"}})
    assert isinstance(sides.target, Documents)
    sides.target.database[table].insert_one({"pid": "p", "sid": Int64(2)})
    return table


def sids(sides: Sides) -> List[int]:
    return sorted(document["sid"] for document in documents(sides))


@plain
@pytest.mark.parametrize(
    ("existing", "found"), [("keep", [1, 2]), ("recreate", [1]), ("rename", [1])], ids=str
)
def test_an_existing_collection_is(
    existing: str, found: List[int], sides: Sides, standing: str, job: MakeJob
) -> None:
    finished(job, tables__existing=existing)
    assert sids(sides) == found
    assert isinstance(sides.target, Documents)
    aside = [n for n in sides.target.database.list_collection_names() if n.startswith(f"{standing}_")]
    kept = [document["sid"] for name in aside for document in sides.target.database[name].find()]
    assert kept == ([2] if existing == "rename" else [])


@plain
def test_an_existing_collection_that_holds_documents_stops_the_job_if_configured(
    sides: Sides, standing: str, job: MakeJob
) -> None:
    with pytest.raises(PreflightError, match=r"holds documents and tables\.existing is fail"):
        finished(job, tables__existing="fail")
    assert sids(sides) == [2]


@plain
def test_documents_with_the_same_key_stop_the_job_if_the_settings_say_so(sides: Sides, job: MakeJob) -> None:
    table = sides.make()
    assert isinstance(sides.target, Documents)
    sides.target.database[table].insert_many([{"pid": "p", "sid": Int64(1)}, {"pid": "p", "sid": Int64(1)}])
    with pytest.raises(TerminalError, match=rf"table {table}: .*same key"):
        finished(job, tables__onError="fail")


@by_key
def test_the_key_is_the_id_in_the_order_of_the_schema(sides: Sides, job: MakeJob) -> None:
    table = sides.make()
    sides.put(table, {"sid": {"N": "2.50"}, "pid": {"S": "p"}})
    finished(job)
    (document,) = documents(sides)
    assert list(document["_id"].items()) == [("pid", "p"), ("sid", Decimal128("2.5"))]
    assert table
