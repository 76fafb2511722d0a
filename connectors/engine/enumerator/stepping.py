"""When a table goes to its next step. Pure. Source: docs/how-it-works.md, "Scan and stream take turns".

1. A step begins only when every slot that has a part of the table has reported that the step before is over.
2. SCAN ends when no segment is left, or when the stream has waited for `hold_seconds`.
3. FOLLOW ends only if segments are left, when every slot has caught up.
4. After FOLLOW_HALT, a grace period passes before the next SCAN: its pages then show what was followed.
5. A report of another generation or another step is ignored.
"""

from __future__ import annotations

from typing import Mapping, Optional, Tuple

import msgspec

from connectors.engine.enumerator.table_planner import PlannerRules, TableState
from connectors.model.steps import StepKind, TableFact, kind_of

Facts = Mapping[Tuple[int, str], TableFact]
"""By (slot, table): the last report of each slot in this run."""


def next_step(state: TableState, facts: Facts, now: float, rules: PlannerRules) -> Optional[TableState]:
    """The state with its next step, or None if it stays. `now`: epoch seconds. The caller waits for the grace
    period of rule 4."""
    if state.live:
        return None
    reached, complete = _reports(state, facts)
    kind = kind_of(state.step)
    if kind is StepKind.SCAN and reached and complete:
        return _at(state, state.step + 2, now, scanned=True)
    if kind is StepKind.SCAN and now - state.step_at > rules.hold_seconds:
        return _at(state, state.step + 1, now)
    if kind is StepKind.SCAN_HALT and reached:
        return _at(state, state.step + 1, now, scanned=complete)
    if kind is StepKind.FOLLOW and reached and complete:
        return _at(state, state.step + 1, now)
    if kind is StepKind.FOLLOW_HALT and reached:
        return _at(state, state.step + 1, now)
    return None


def _reports(state: TableState, facts: Facts) -> Tuple[bool, bool]:
    """Whether every slot has reached the step, and whether every slot has completed it."""
    known = [facts.get((slot, state.table)) for slot in state.slots]
    reached = [
        report
        for report in known
        if report and (report.generation, report.step) == (state.generation, state.step)
    ]
    if len(reached) < len(state.slots):
        return False, False
    return True, all(report.complete for report in reached)


def _at(state: TableState, step: int, now: float, scanned: bool = False) -> TableState:
    return msgspec.structs.replace(state, step=step, step_at=now, scanned=scanned)
