"""What the planner announces and counts."""

from __future__ import annotations

from typing import List, Tuple

from connectors.dynamodb.streams.lineage import CONFIRMATIONS
from connectors.engine.enumerator.planner import Orders
from connectors.model.orders import NoticeOrder
from tests.fakes.look import closed_shard, open_shard
from tests.fakes.notices import plan
from tests.harness.planner import (
    FULL,
    SCHEMA,
    Rig,
    listed,
    prepared,
)


def notices(orders: Orders) -> List[str]:
    """The same for every slot, once each."""
    told: List[List[str]] = [[] for _ in range(FULL.readers)]
    for slot, order in orders:
        if isinstance(order, NoticeOrder):
            told[slot].append(order.text)
    assert all(texts == told[0] for texts in told)
    return told[0]


def test_the_plan_is_announced_once_when_all_tables_of_the_first_look_are_handed_out() -> None:
    rig = Rig(FULL)
    rig.find("b", "a")
    rig.see(prepared("a"))
    assert notices(rig.advance()) == []
    rig.find("a", "b", "later")
    rig.see(prepared("b"))
    orders = rig.advance()
    assert notices(orders) == [plan("a", "b")]
    assert isinstance(orders[-1][1], NoticeOrder)
    assert notices(rig.advance()) == []


def test_after_a_restart_the_plan_is_announced_again_since_another_may_wait_for_the_end() -> None:
    rig = Rig(FULL)
    rig.find("a")
    rig.see(prepared("a"))
    assert notices(rig.advance()) == [plan("a")]
    rig.start()
    assert notices(rig.advance()) == [plan("a")]


def test_making_the_tables_is_the_whole_plan_where_only_they_are_wanted() -> None:
    rig = Rig(SCHEMA)
    rig.find("t")
    assert notices(rig.advance()) == []
    rig.see(prepared(arn=""))
    told = [(slot, NoticeOrder(plan("t", parts=0))) for slot in range(SCHEMA.readers)]
    assert rig.advance() == told


def shards_left_out(rig: Rig) -> Tuple[int, int]:
    shown = {gauge.name: gauge.value for gauge in rig.plans.gauges()}
    return shown["shardsFound"], shown["shardsPassedOver"]


def test_shards_that_no_reader_has_are_counted_by_the_reason() -> None:
    rig = Rig()
    rig.find("t")
    rig.see(prepared(), listed(closed_shard("a", parent="trimmed"), open_shard("b", parent="a")))
    assert shards_left_out(rig) == (2, 0)  # the start is not settled while a parent is missing
    for _ in range(CONFIRMATIONS):
        rig.see(listed(closed_shard("a", parent="trimmed"), open_shard("b", parent="a")))
    assert shards_left_out(rig) == (0, 1)


def test_a_table_without_a_stream_shows_no_shards() -> None:
    rig = Rig(FULL)
    rig.find("t")
    rig.see(prepared(arn=""))
    assert not any(gauge.name.startswith("shards") for gauge in rig.plans.gauges())
