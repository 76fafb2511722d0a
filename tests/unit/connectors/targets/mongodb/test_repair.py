"""A repair writes the source's items, not the documents they were compared as."""

from __future__ import annotations

import json
from typing import Any, Dict

from connectors.dynamodb.caller import Response
from connectors.dynamodb.faults import ServiceError
from connectors.model.keys import KeyAttribute, KeySchema, key_schema
from connectors.model.writes import Write
from connectors.targets.mongodb.convert import Shape
from connectors.targets.mongodb.definitions import BY_ID
from connectors.targets.mongodb.repair import RepairSchemas, SourceWriter
from connectors.targets.mongodb.typed import Forms
from tests.fakes.scan import FakeScan
from tests.fakes.writer import FakeWriter

SCHEMA = [("pk", "S")]
ITEM: Dict[str, Any] = {"pk": {"S": "a"}, "tags": {"SS": ["x", "y"]}, "_id": {"NULL": True}}


class Known:
    def of(self, table: str) -> KeySchema:
        return key_schema(SCHEMA)


def compared(item: Dict[str, Any]) -> bytes:
    """As a look at the source has shown it."""
    return Forms("t", key_schema(SCHEMA), Shape()).of_item(json.dumps(item).encode())


def test_the_items_themselves_are_written_and_deletes_pass() -> None:
    source, target = FakeScan(), FakeWriter(lambda body: json.loads(body)["pk"]["S"])
    source.tables["t"] = [ITEM]
    gone = {"pk": {"S": "gone"}}
    target.items["t", "extra"] = b"{}"
    report = SourceWriter(target, source, Known()).write(
        [
            Write("t", compared(ITEM), False, "check"),
            Write("t", compared(gone), False, "check"),
            Write("t", b'{"pk": {"S": "extra"}}', True, "check"),
        ]
    )
    assert {name: json.loads(item) for name, item in target.items.items()} == {("t", "a"): ITEM}
    assert (report.written, report.dead) == (3, 0)


class NoTable:
    def call(self, operation: str, body: bytes, table: str = "") -> Response:
        raise ServiceError("ResourceNotFoundException", "not there", 400, operation, table)


def test_a_collection_without_a_table_is_keyed_by_its_ids() -> None:
    assert RepairSchemas(NoTable()).of("t") == BY_ID == KeySchema(KeyAttribute("_id", "S"))
