"""What a gap leads to where the configuration asks for a new scan."""

from __future__ import annotations

from typing import List

import msgspec
import pytest

from connectors.base.table_fault import FaultKind
from connectors.config import load
from connectors.dynamodb.tables.ensure import Existing
from connectors.dynamodb.tables.from_settings import table_options
from connectors.engine.enumerator.observations import Prepared
from connectors.engine.enumerator.planner import TablesPlanner
from connectors.engine.enumerator.table_planner import PlannerRules, TableState, decide, fresh, start_scan
from connectors.forward.discovery import is_rescan
from connectors.model.orders import SegmentOrder
from connectors.model.steps import TableFault


def trimmed(state: TableState) -> TableFault:
    return TableFault(state.table, state.generation, state.hold, FaultKind.GAP, "trimmed")


def after_a_gap(scan: bool) -> TableState:
    rules = PlannerRules(readers=2, scan=scan, stream=True, rescan=True)
    before = fresh("orders", rules)
    again = decide(before, trimmed(before), rules).state
    return decide(again, Prepared("orders", [("id", "S")], "arn", 10, 1, 10), rules).state


def segments(state: TableState) -> List[SegmentOrder]:
    rules = PlannerRules(readers=2, scan=False, stream=True, rescan=True)
    return [order for _, order in start_scan(state, rules).orders if isinstance(order, SegmentOrder)]


@pytest.mark.parametrize("scan", [True, False], ids=["all", "incremental"])
def test_a_new_scan_after_a_gap_sweeps_the_target(scan: bool) -> None:
    assert {order.of_target for order in segments(after_a_gap(scan))} == {True, False}


@pytest.mark.parametrize("scan", [True, False], ids=["all", "incremental"])
@pytest.mark.parametrize("existing", ["fail", "recreate"])
def test_after_a_gap_the_target_is_neither_refused_nor_dropped(scan: bool, existing: str) -> None:
    settings = load(["--set", f"tables.existing={existing}"], {})
    assert table_options(settings, is_rescan(after_a_gap(scan))).existing is Existing.KEEP


def test_the_first_scan_of_a_table_sweeps_nothing() -> None:
    first = fresh("orders", PlannerRules(readers=2, scan=True, stream=True))
    assert {order.of_target for order in segments(first)} == {False}


def test_a_gap_of_an_earlier_generation_starts_no_new_scan() -> None:
    rules = PlannerRules(readers=2, scan=True, stream=True, rescan=True)
    state = fresh("orders", rules)
    decision = decide(state, msgspec.structs.replace(trimmed(state), generation=0), rules)
    assert decision.state is state
    assert not decision.orders


def test_a_gap_of_a_table_that_takes_no_part_is_no_fault() -> None:
    plans = TablesPlanner(PlannerRules(readers=2, scan=True, stream=True, rescan=True), lanes=2, grace=0.0)
    orders, changed = plans.observe(TableFault("elsewhere", 1, 0, FaultKind.GAP, "trimmed"))
    assert not orders
    assert not changed.puts
