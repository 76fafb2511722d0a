"""A target that cannot be divided by number is divided by bounds, which travel in the orders."""

from __future__ import annotations

from typing import List, Optional, Tuple

import pytest

from connectors.engine.enumerator.observations import Prepared
from connectors.engine.enumerator.table_planner import PlannerRules, TableDecision, decide, fresh, start_scan
from connectors.model.orders import SegmentOrder

RULES = PlannerRules(readers=2, scan=True, stream=False, segments=3, both=True)


def started(bounds: Optional[List[bytes]]) -> TableDecision:
    seen = Prepared("t", [("pk", "S")], "", 0, 0, target_bounds=bounds)
    return start_scan(decide(fresh("t", RULES), seen, RULES).state, RULES)


def orders(decision: TableDecision) -> Tuple[List[SegmentOrder], List[SegmentOrder]]:
    found = [order for _, order in decision.orders if isinstance(order, SegmentOrder)]
    return [each for each in found if not each.of_target], [each for each in found if each.of_target]


@pytest.mark.parametrize("bounds", [[], [b"a"], [b"a", b"b", b"c"]])
def test_ranges_follow_one_another_without_a_gap_from_end_to_end(bounds: List[bytes]) -> None:
    decision = started(bounds)
    ours, theirs = orders(decision)
    assert [(each.after, each.until) for each in ours] == [(b"", b"")] * 3
    assert [each.after for each in theirs] == [b"", *bounds]
    assert [each.until for each in theirs] == [*bounds, b""]
    assert sorted(each.part for each in [*ours, *theirs]) == list(range(decision.state.parts))


def test_without_bounds_both_sides_are_divided_by_number() -> None:
    ours, theirs = orders(started(None))
    assert [each.segment for each in ours] == [each.segment for each in theirs] == [0, 1, 2]
    assert {(each.after, each.until) for each in theirs} == {(b"", b"")}
