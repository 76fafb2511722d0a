"""A request with its mark still fits into a BatchWriteItem, and into the reverse job's rule."""

from __future__ import annotations

from typing import List

import pytest

from connectors.dynamodb.write.pack import MAX_WRITES
from connectors.model.origin import MOST_CHANGES, TABLE, Marker
from connectors.model.pipeline import WriteRequest
from tests.unit.connectors.dynamodb.write.test_pipeline_rules import Rig
from tests.unit.connectors.dynamodb.write.test_writer import put


def sizes(rig: Rig) -> List[int]:
    """Of the requests that arrived, marks included."""
    return [len(keys) for keys in rig.service.requests]


@pytest.mark.parametrize("all_marked", [False, True])
def test_a_full_request_of_changes_holds_25_writes_with_its_mark(all_marked: bool) -> None:
    """DynamoDB refuses 26 writes; the reverse job takes a transaction of 26 changes for another writer's, and
    the changes would loop."""
    rig = Rig(marker=Marker(0, copies=all_marked))
    writes = tuple(put(n, "v", "t")._replace(change=True) for n in range(rig.pipeline.most))
    rig.pipeline.send(WriteRequest.of(writes))
    assert sizes(rig) == [MAX_WRITES] == [MOST_CHANGES]
    assert [table for table, _ in rig.service.requests[0]].count(TABLE) == 1


@pytest.mark.parametrize(("all_marked", "marks"), [(False, 0), (True, 1)])
def test_a_full_request_of_copied_items_holds_25_writes_with_or_without_a_mark(
    all_marked: bool, marks: int
) -> None:
    rig = Rig(marker=Marker(0, copies=all_marked))
    bodies = [put(n, "v", "t").body for n in range(rig.pipeline.most_copies)]
    rig.pipeline.send(WriteRequest("t", bodies, "segment 0", object()))
    assert sizes(rig) == [MAX_WRITES]
    assert [table for table, _ in rig.service.requests[0]].count(TABLE) == marks


def test_without_marks_a_request_holds_25_writes() -> None:
    rig = Rig()
    assert (rig.pipeline.most, rig.pipeline.most_copies) == (MAX_WRITES, MAX_WRITES)
