"""What belongs to an older generation of a table changes nothing in the new one."""

from __future__ import annotations

import msgspec

from connectors.dynamodb.scan.segments import MIB
from connectors.engine.enumerator.observations import Reported, Restreamed
from connectors.engine.enumerator.planner import Frame
from connectors.model.steps import BEFORE, StepKind, TableFact, kind_of
from tests.fakes.look import open_shard
from tests.harness.planner import (
    ALL,
    GRACE,
    INCREMENTAL,
    RESCAN,
    T0,
    Rig,
    listed,
    prepared,
    segments,
    streams,
    trimmed,
)


def test_a_new_scan_waits_for_the_slots_that_have_only_segments_of_the_old_one() -> None:
    """Their writes are in flight. An old image that arrives behind the new scan's would stay."""
    rig = Rig(RESCAN)
    rig.scan(size=900 * MIB)
    before = rig.plans.tables["t"].slots
    rig.see(trimmed("t", 1), prepared(), listed(at=T0 + 50))
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
    rig.see(Restreamed("t", "arn", "recreated"))
    late = listed(open_shard("old"), arn="arn")
    assert streams(rig.see(late, prepared(arn="arn 2"), late)) == []
    (order,) = streams(rig.see(listed(open_shard("new"), arn="arn 2")))
    assert [each.shard_id for each in order.assign] == ["new"]
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


def test_a_report_that_the_board_no_longer_shows_counts_for_nothing() -> None:
    """A late document of an earlier run may replace it, and its slot may have fallen behind since."""
    rig = Rig(ALL)
    rig.scan(size=900 * MIB)
    rig.report(complete=False)
    rig.advance(ALL.hold_seconds + 1)
    rig.report(complete=False)
    rig.advance()
    assert kind_of(rig.plans.tables["t"].step) is StepKind.FOLLOW
    step, slots = rig.plans.tables["t"].step, rig.plans.tables["t"].slots
    first, *others = slots
    rig.see(Reported({(first, "t"): TableFact(1, step, True)}, []))
    rig.see(Reported({(slot, "t"): TableFact(1, step, True) for slot in others}, []))
    assert rig.advance() == []
    rig.report(complete=True)
    assert rig.advance() != []


def test_a_state_from_before_jobs_had_a_name_gets_one_that_stays() -> None:
    """The line of runs is kept under it: with another name at each start, no old savepoint is refused."""
    rig = Rig()
    rig.scan()
    rig.state["frame"] = msgspec.msgpack.encode(Frame(rig.rules.readers, 0, ["t"]))
    rig.start()
    rig.advance()
    job = rig.plans.frame.job
    rig.start()
    assert job
    assert rig.plans.frame.job == job
