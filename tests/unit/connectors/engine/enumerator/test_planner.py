"""Scans and streams of tables: when they are ordered, and what a restart changes."""

from __future__ import annotations

from typing import Dict

import msgspec
import pytest

from connectors.base.errors import ConfigError
from connectors.dynamodb.scan.segments import MIB
from connectors.engine.enumerator.planner import TablesPlanner
from connectors.engine.enumerator.table_planner import SKIP_MARGIN, TablePhase
from connectors.model.orders import SegmentOrder, StreamOrder
from tests.fakes.look import closed_shard, open_shard
from tests.harness.planner import (
    ALL,
    FULL,
    GAPS,
    GRACE,
    INCREMENTAL,
    RESCAN,
    T0,
    Rig,
    listed,
    of,
    prepared,
    segments,
    streams,
)


def test_a_table_is_scanned_a_grace_after_its_open_shards_are_registered() -> None:
    rig = Rig()
    rig.find("t")
    assert rig.advance(100) == []
    assert rig.see(prepared()) == []
    assert rig.advance(100) == []
    (order,) = streams(rig.see(listed(open_shard("s"), closed_shard("old"))))
    assert [each.shard_id for each in order.assign] == ["s"]
    assert (order.since, order.skip_before, order.generation) == (T0, T0 - SKIP_MARGIN, 1)
    assert rig.advance() == []
    assert rig.advance(GRACE - 0.1) == []
    assert len(segments(rig.advance(0.1))) == 1
    assert segments(rig.advance(100)) == []


def test_the_parts_of_a_scan_are_numbered_once_and_handed_to_the_slots_in_turn() -> None:
    rig = Rig()
    orders = of(SegmentOrder, rig.scan(size=80 * MIB))
    found = [order for _, order in orders if isinstance(order, SegmentOrder)]
    assert [(each.part, each.parts, each.segment, each.total, each.of_target) for each in found] == [
        (n, 11, n, 11, False) for n in range(11)
    ]
    slots = [slot for slot, _ in orders]
    assert {slots.count(slot) for slot in range(4)} <= {2, 3}


def test_a_table_whose_stream_shows_a_shard_without_its_parent_is_not_scanned_yet() -> None:
    rig = Rig()
    rig.find("t")
    rig.see(prepared(), listed(open_shard("child", "not listed")))
    assert rig.phase() is TablePhase.PREPARED
    assert rig.advance(100) == []
    rig.see(listed(open_shard("child", "not listed"), closed_shard("not listed")))
    assert rig.phase() is TablePhase.REGISTERED


def test_the_start_is_the_date_of_the_first_listing_and_stays_it() -> None:
    rig = Rig()
    rig.register()
    order = streams(rig.see(listed(closed_shard("s"), open_shard("s2", "s"), at=T0 + 500)))[0]
    assert order.since == T0


def test_a_family_of_shards_stays_in_its_slot_over_a_restart() -> None:
    rig = Rig()
    ((slot, _),) = of(StreamOrder, rig.register())
    rig.start()
    ((later, _),) = of(StreamOrder, rig.see(listed(closed_shard("s"), open_shard("s2", "s"))))
    assert later == slot


def test_without_a_stream_a_table_is_scanned_at_once() -> None:
    rig = Rig(FULL)
    rig.find("t")
    rig.see(prepared())
    assert len(segments(rig.advance())) == 1


@pytest.mark.parametrize(("oldest", "shards", "skip"), [(True, 2, None), (False, 1, T0 - SKIP_MARGIN)])
def test_without_a_scan_a_stream_is_read_from_its_oldest_record_or_from_a_little_before_now(
    oldest: bool, shards: int, skip: object
) -> None:
    rig = Rig(INCREMENTAL._replace(oldest=oldest))
    rig.find("t")
    orders = streams(rig.see(prepared(), listed(closed_shard("old"), open_shard("s"))))
    assert len({each.shard_id for order in orders for each in order.assign}) == shards
    assert {order.skip_before for order in orders} == {skip}
    assert {order.generation for order in orders} == {0}
    assert segments(rig.advance(100)) == []


def test_a_table_found_later_is_read_from_its_streams_beginning() -> None:
    rig = Rig(INCREMENTAL._replace(oldest=False))
    rig.register()
    rig.find("t", "new")
    orders = streams(rig.see(prepared("new"), listed(closed_shard("old"), open_shard("s"), table="new")))
    assert {each.shard_id for order in orders for each in order.assign} == {"old", "s"}
    assert {order.skip_before for order in orders} == {None}


@pytest.mark.parametrize("saved", [False, True])
def test_after_a_run_that_ended_unsaved_the_whole_stream_is_read_in_addition_to_the_scan(saved: bool) -> None:
    """It may have written what was deleted since: no scan shows that."""
    rig = Rig()
    if saved:
        rig.find("t")
    rig.start(first_attempt=False)
    rig.find("t")
    orders = streams(rig.see(prepared(), listed(closed_shard("old"), open_shard("s"))))
    assert {each.shard_id for order in orders for each in order.assign} == {"old", "s"}
    assert {order.skip_before for order in orders} == {None}


def test_the_grace_begins_again_after_a_restart() -> None:
    rig = Rig()
    rig.register()
    rig.advance(GRACE - 1)
    rig.start()
    assert segments(rig.advance(1)) == []
    assert len(segments(rig.advance(GRACE))) == 1


def test_a_scan_handed_out_is_not_handed_out_again_after_a_restart() -> None:
    rig = Rig()
    rig.scan()
    rig.start()
    assert segments(rig.advance(1000)) == []
    assert streams(rig.see(prepared(), listed())) == []


@pytest.mark.parametrize(("readers", "lanes", "key"), [(5, 8, "readers"), (4, 9, "check.lanes")])
def test_state_made_with_other_readers_or_lanes_is_refused(readers: int, lanes: int, key: str) -> None:
    changed = TablesPlanner(ALL, 8, GRACE).found(["t"])
    with pytest.raises(
        ConfigError, match=f"{key}: is {readers if key == 'readers' else lanes}, but"
    ) as raised:
        TablesPlanner(ALL._replace(readers=readers), lanes, GRACE, list(changed.puts.items()))
    assert raised.value.allowed == ["4" if key == "readers" else "8"]


def test_every_step_can_be_restored() -> None:
    rig = Rig(RESCAN)
    for step in (
        lambda: rig.find("t"),
        lambda: rig.see(prepared()),
        lambda: rig.see(listed()),
        lambda: rig.advance(),
        lambda: rig.advance(GRACE),
        lambda: rig.report(),
        lambda: rig.advance(),
        lambda: rig.see(GAPS[0]),
    ):
        step()
        before = msgspec.msgpack.encode(list(rig.plans.tables.values()))
        registered = rig.plans.tables["t"].lineage.registered
        rig.start()
        after = msgspec.msgpack.encode(list(rig.plans.tables.values()))
        assert before == after or not registered


def after_plan(rig: Rig) -> Dict[str, bool]:
    return {name: state.after_plan for name, state in rig.plans.tables.items()}


def test_a_table_that_appears_later_is_distinguished_from_the_first_plan_also_after_a_restart() -> None:
    rig = Rig()
    rig.find("a", "b")
    rig.find("a", "b", "c")
    assert after_plan(rig) == {"a": False, "b": False, "c": True}
    rig.start(first_attempt=False)
    rig.find("a", "b", "c", "d")
    assert after_plan(rig) == {"a": False, "b": False, "c": True, "d": True}


def test_a_run_that_ended_before_anything_was_saved_makes_its_first_plan_again() -> None:
    rig = Rig()
    rig.start(first_attempt=False)
    rig.find("a")
    assert after_plan(rig) == {"a": False}
