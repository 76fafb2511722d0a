"""Which requests of the forward job carry its mark."""

import json

import pytest

from connectors.dynamodb.write.pack import MAX_WRITES
from connectors.model.origin import MOST_CHANGES, ROWS, TABLE, Marker
from connectors.model.writes import Write
from connectors.targets.dynamodb_api.origin_table import description

COPY = Write("t", b"{}", False, "segment 1")
CHANGE = Write("t", b"{}", False, "shard 1", change=True)


@pytest.mark.parametrize(
    ("copies", "writes", "marked"),
    [
        (False, [COPY], False),
        (False, [COPY, CHANGE], True),
        (True, [COPY], True),
        (False, [], False),
    ],
)
def test_changes_are_marked_and_copies_only_on_request(copies, writes, marked):
    assert (Marker(3, copies)(writes) is not None) is marked


def test_rows_are_few_and_each_mark_changes_its_row():
    marker = Marker(3, copies=True)
    marks = [json.loads(marker([COPY]).body) for _ in range(3 * ROWS)]
    assert len({mark["id"]["S"] for mark in marks}) == ROWS
    assert len({json.dumps(mark) for mark in marks}) == 3 * ROWS


def test_two_lanes_never_share_a_row():
    keys = [json.loads(Marker(lane, True)([COPY]).body)["id"]["S"] for lane in range(128)]
    assert len(set(keys)) == 128


def test_the_origin_table_has_the_columns_of_a_mark():
    assert (description().TableName, Marker(0, True)([COPY]).table) == (TABLE, TABLE)
    assert description().key_schema.partition == ("id", "S")
    assert MOST_CHANGES == MAX_WRITES
