"""What belongs to an older generation of a table changes nothing in the new one."""

from __future__ import annotations

from connectors.dynamodb.scan.segments import MIB
from connectors.engine.enumerator.observations import Reported, Restreamed, Trimmed
from connectors.model.steps import BEFORE, TableFact
from tests.fakes.look import open_shard
from tests.unit.connectors.engine.enumerator.test_planner import (
    GRACE,
    INCREMENTAL,
    RESCAN,
    T0,
    Rig,
    listed,
    prepared,
    segments,
    streams,
)


def test_a_new_scan_waits_for_the_slots_that_have_only_segments_of_the_old_one() -> None:
    """Their writes are in flight. An old image that arrives behind the new scan's would stay."""
    rig = Rig(RESCAN)
    rig.scan(size=900 * MIB)
    before = rig.plans.tables["t"].slots
    rig.see(Trimmed("t", 1, T0, "trimmed"), prepared(), listed(at=T0 + 50))
    (reader,) = [slot for slot in before if slot in rig.plans.tables["t"].slots][:1]
    rig.see(Reported({(reader, "t"): TableFact(2, BEFORE, True)}, []))
    rig.advance()
    assert len(before) > 1
    assert segments(rig.advance(10 * GRACE)) == []
    rig.see(Reported({(slot, "t"): TableFact(2, BEFORE, True) for slot in before}, []))
    assert segments(rig.advance()) != []


def test_a_late_listing_of_the_stream_before_assigns_no_shard() -> None:
    """Its shards would be read with the new stream's name and time, and its changes are no longer whole."""
    rig = Rig(RESCAN)
    rig.scan()
    rig.see(Restreamed("t", "arn", "made anew"))
    late = listed(open_shard("old"), arn="arn")
    assert streams(rig.see(late, prepared(arn="arn 2"), late)) == []
    (order,) = streams(rig.see(listed(open_shard("new"), arn="arn 2")))
    assert [one.shard_id for one in order.assign] == ["new"]
    assert streams(rig.see(listed(open_shard("new"), open_shard("old 2"), arn="arn"))) == []


def test_a_table_is_not_live_before_its_stream_is_registered() -> None:
    rig = Rig(INCREMENTAL)
    rig.find("t")
    rig.see(prepared(), listed(open_shard("child", "not listed yet")))
    assert not rig.plans.tables["t"].live
    assert not rig.plans.tables["t"].scanned
    rig.see(listed())
    rig.see(*[listed(open_shard("child", "not listed yet"))] * 10)
    assert rig.plans.tables["t"].live
