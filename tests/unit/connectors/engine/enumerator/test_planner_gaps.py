"""Gaps in a stream: the job ends, or the table is scanned again."""

from __future__ import annotations

import pytest

from connectors.base.errors import GapError
from connectors.dynamodb.scan.segments import MIB
from connectors.engine.enumerator.observations import (
    Observation,
)
from connectors.engine.enumerator.table_planner import TablePhase
from connectors.model.orders import DropOrder
from tests.harness.planner import (
    GAPS,
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


@pytest.mark.parametrize("gap", GAPS)
def test_a_gap_fails_the_job_naming_table_and_reason(gap: Observation) -> None:
    rig = Rig()
    rig.scan()
    with pytest.raises(GapError, match=r"table t: .*(trimmed|recreated)"):
        rig.see(gap)


@pytest.mark.parametrize("gap", GAPS)
def test_a_gap_orders_every_slot_to_drop_then_a_new_scan_and_a_sweep_of_the_target(gap: Observation) -> None:
    rig = Rig(RESCAN)
    rig.scan()
    assert rig.see(gap) == [(slot, DropOrder("t", 2)) for slot in range(4)]
    assert rig.phase() is TablePhase.NEW
    (order,) = streams(rig.see(prepared(arn="arn 2", target=9 * MIB), listed(arn="arn 2", at=T0 + 50)))
    assert (order.generation, order.arn, order.since) == (2, "arn 2", T0 + 50)
    rig.report()
    rig.advance()
    found = segments(rig.advance(GRACE))
    assert [(each.part, each.parts, each.segment, each.total, each.of_target) for each in found] == [
        (0, 3, 0, 1, False),
        (1, 3, 0, 2, True),
        (2, 3, 1, 2, True),
    ]
    assert {each.generation for each in found} == {2}


@pytest.mark.parametrize("gap", GAPS)
def test_what_is_reported_of_the_gap_again_changes_nothing(gap: Observation) -> None:
    rig = Rig(RESCAN)
    rig.scan()
    rig.see(gap)
    assert rig.see(gap) == []
    rig.see(prepared(arn="arn 2"), listed(arn="arn 2", at=T0 + 50))
    assert rig.see(gap, listed(arn="arn")) == []
    assert rig.plans.tables["t"].generation == 2


def test_an_error_that_was_found_before_the_last_suspension_or_in_another_table_changes_nothing() -> None:
    rig = Rig()
    rig.scan()
    assert rig.see(trimmed("t", 1, hold=2), trimmed("t", 0), trimmed("other", 1)) == []


def test_a_gap_without_a_scan_before_it_is_scanned_and_swept_and_its_target_is_never_recreated() -> None:
    rig = Rig(INCREMENTAL._replace(rescan=True))
    rig.register()
    rig.see(trimmed("t", 0))
    assert rig.plans.tables["t"].generation == 2  # generation 1 is the one that may recreate its target
    rig.see(prepared(), listed())
    rig.report()
    rig.advance()
    assert [segment.of_target for segment in segments(rig.advance(GRACE))] == [False, True]


def test_a_gap_during_the_grace_does_not_shorten_that_of_the_new_scan() -> None:
    rig = Rig(RESCAN)
    rig.register()
    rig.advance()
    rig.advance(GRACE - 1)
    rig.see(GAPS[1], prepared(arn="arn 2"), listed(arn="arn 2"))
    rig.report()
    assert segments(rig.advance(1)) == []
    assert len(segments(rig.advance(GRACE))) == 2
