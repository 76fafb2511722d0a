from __future__ import annotations

import pytest

from connectors.model import orders
from connectors.model.assignment import Assignment
from connectors.model.orders import DropOrder, NoticeOrder, Order, SegmentOrder, StreamOrder

SCHEMA = [("pk", "S"), ("sk", "N")]


@pytest.mark.parametrize(
    "order",
    [
        SegmentOrder("t", 1, SCHEMA, 3, 8, 3, 5, True),
        StreamOrder("t", 2, SCHEMA, "arn", 5.0, None, [Assignment("b", "a", "r", "7")], ["a"]),
        DropOrder("t", 2),
        NoticeOrder("plan"),
    ],
)
def test_an_order_is_unchanged_by_encoding(order: Order) -> None:
    assert orders.decode(orders.encode(order)) == order


def test_a_sweep_and_a_copy_of_the_same_segment_are_different_splits() -> None:
    copy, sweep = (SegmentOrder("t", 1, SCHEMA, 0, 2, 0, 1, sweep) for sweep in (False, True))
    assert copy.split_id != sweep.split_id
