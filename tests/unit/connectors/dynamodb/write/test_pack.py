from __future__ import annotations

import json
from typing import List

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.dynamodb.write.outcome import halves
from connectors.dynamodb.write.pack import MAX_BYTES, body_of, pack
from connectors.model.writes import Write
from tests.harness.depth import examples

ITEMS = st.dictionaries(st.text(max_size=5), st.fixed_dictionaries({"S": st.text(max_size=50)}), max_size=4)
WRITES = st.lists(
    st.builds(
        lambda table, item, delete: Write(table, json.dumps(item).encode(), delete, ""),
        st.sampled_from(["A", "B.c-d_e", 'odd"name']),
        ITEMS,
        st.booleans(),
    ),
    max_size=80,
)


@given(WRITES)
def test_requests_hold_every_write_in_order_25_at_most(writes: List[Write]) -> None:
    requests = list(pack(writes))
    assert [write for request in requests for write in request] == writes
    assert all(len(request) == 25 for request in requests[:-1])
    assert all(1 <= len(request) <= 25 for request in requests)


@given(WRITES.filter(bool))
def test_the_body_is_json_and_holds_each_write_under_its_table(writes: List[Write]) -> None:
    tables = json.loads(body_of(writes))["RequestItems"]
    for table, entries in tables.items():
        expected = [
            {"DeleteRequest": {"Key": json.loads(write.body)}}
            if write.delete
            else {"PutRequest": {"Item": json.loads(write.body)}}
            for write in writes
            if write.table == table
        ]
        assert entries == expected
    assert set(tables) == {write.table for write in writes}


@settings(deadline=None, max_examples=examples(30))
@given(st.lists(st.integers(1, 6_000), max_size=12))
def test_no_body_is_over_the_limit_unless_one_item_alone_is(kilobytes: List[int]) -> None:
    writes = [Write("T", b"x" * (size * 1000), False, "") for size in kilobytes]
    for request in pack(writes):
        assert len(request) == 1 or len(body_of(request)) <= MAX_BYTES + 300


def test_bodies_are_passed_through_byte_for_byte() -> None:
    raw = b'{ "n" : {"N":"1.50"},\n"s":{"S":"\\u0000\xc3\xa9"} }'
    assert raw in body_of([Write("T", raw, False, "")])


@given(st.integers(2, 25))
def test_halves_contain_everything_and_are_smaller(count: int) -> None:
    request = tuple(Write("T", b"%d" % number, False, "") for number in range(count))
    left, right = halves(request)
    assert left + right == request
    assert max(len(left), len(right)) == (count + 1) // 2


def test_the_weight_of_a_request_begins_again_with_each() -> None:
    """The items after the first 12 MB would otherwise be sent one by one."""
    writes = [Write("T", b"x" * 400_000, False, "") for _ in range(60)]
    assert [len(request) for request in pack(writes)] == [25, 25, 10]
