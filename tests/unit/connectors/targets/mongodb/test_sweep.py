from __future__ import annotations

import json
from typing import Any, Dict, List, Optional

import bson
import pytest
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from hypothesis import given

from connectors.dynamodb.scan.sweep import Sweep
from connectors.model.keys import KeyReader, key_schema
from connectors.targets.mongodb.convert import Converter, Shape
from connectors.targets.mongodb.keys import key_json
from connectors.targets.mongodb.sweep import Keys, SweepSplit
from tests.fakes.scan import FakeScan
from tests.unit.connectors.targets.mongodb.items import ITEM, SCHEMA, Item, body

KEYS = KeyReader("t", SCHEMA)


@pytest.mark.parametrize("shape", [Shape(raw, key) for raw in (True, False) for key in (True, False)])
@given(item=ITEM)
def test_a_documents_key_is_the_items(shape: Shape, item: Item) -> None:
    document = bson.decode(Converter(SCHEMA, shape).put(body(item)).document)
    found = key_json(document, SCHEMA, shape)
    assert found is not None
    assert KEYS.digest(found) == KEYS.digest(body(item))


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"pk": "p"},
        {"pk": 1, "sk": Int64(1)},
        {"pk": "p", "sk": True},
        {"pk": {"S": "p"}, "sk": {"N": "1"}},
    ],
)
def test_a_document_of_something_else_has_no_key(document: Dict[str, Any]) -> None:
    assert key_json(document, SCHEMA, Shape()) is None


def test_a_number_key_is_read_back_from_both_types() -> None:
    for value, text in ((Int64(5), "5"), (Decimal128("2.5"), "2.5"), (Decimal128("1E+20"), "1" + "0" * 20)):
        found = key_json({"pk": "p", "sk": value}, SCHEMA, Shape())
        assert json.loads(found or b"")["sk"] == {"N": text}


class Pages:
    """Documents 0, 1, 2 .. in pages of two; the odd ones are not the job's."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.asked: List[bytes] = []

    def after(self, last: bytes) -> Keys:
        self.asked.append(last)
        start = bson.decode(last)["_id"] + 1 if last else 0
        return [(bson.encode({"_id": n}), key(n)) for n in range(start, min(start + 2, self.count))]


def key(number: int) -> Optional[bytes]:
    return None if number % 2 else json.dumps({"pk": {"S": str(number)}}).encode()


def split_of(pages: Pages, saved: Optional[bytes] = None, segment: int = 0) -> SweepSplit:
    source = FakeScan()
    source.tables["t"] = [{"pk": {"S": "2"}}]
    reader = KeyReader("t", key_schema([("pk", "S")]))
    return SweepSplit("sweep", segment, pages, Sweep(reader, source), saved)


def test_what_the_source_no_longer_has_is_deleted_and_what_is_not_the_jobs_stays() -> None:
    pages = Pages(5)
    split, deleted, done = split_of(pages), [], False
    while not done:
        page = split.next_page()
        assert page is not None
        assert page.deletes or not page.bodies
        deleted += [json.loads(body)["pk"]["S"] for body in page.bodies]
        done = page.done
        split = split_of(pages, page.position)
    assert deleted == ["0", "4"]
    assert len(pages.asked) == 4


def test_a_sweep_that_was_complete_when_saved_reads_nothing_more() -> None:
    first = Pages(0)
    end = split_of(first).next_page()
    assert end is not None
    pages = Pages(5)
    again = split_of(pages, end.position).next_page()
    assert again is not None
    assert (again.done, again.bodies, pages.asked) == (True, (), [])


def test_other_segments_than_the_first_are_empty() -> None:
    pages = Pages(5)
    page = split_of(pages, segment=1).next_page()
    assert page is not None
    assert page.done
    assert pages.asked == []
