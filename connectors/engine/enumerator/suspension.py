"""The ways out of a suspension, and what the settings choose. Pure.

1. A suspended table stays suspended, over restarts and savepoints, until a choice names it.
2. A choice to resume a table or to copy it again names one suspension by its number. The next suspension of
   the same table has another number: a choice that stays in the settings is followed once.
3. A table is resumed where it was, but only if its copy lacks nothing. Otherwise it can only be copied again.
4. A table that the settings leave out is released: its positions are forgotten.
5. A released table that the settings include again is suspended: its changes were not read meanwhile. A table
   that a command has released stays released.
6. A table that a cut-over has handed over stays so, whatever the settings choose: the application writes at
   the target, and a later cut-over must know that.

connectors.engine.enumerator.commands has what operators choose while the job runs.
"""

from __future__ import annotations

import enum
from typing import Callable, NamedTuple, Optional

import msgspec

from connectors.base.table_fault import FaultKind
from connectors.engine.enumerator.table_planner import (
    PlannerRules,
    Suspension,
    TableDecision,
    TableState,
    copy_again,
    step_order,
    suspended,
)
from connectors.model.steps import suspension_number


class Choices(NamedTuple):
    """From the settings."""

    includes: Callable[[str], bool] = lambda table: True
    """Whether a table is to be moved."""
    resume: Callable[[str, int], bool] = lambda table, number: False
    """(table, number of the suspension)."""
    rescan: Callable[[str, int], bool] = lambda table, number: False


class WayOut(enum.Enum):
    """What is done with a table at the start of a run."""

    RESUME = "resumed"
    REFUSE = "not resumed"
    """The settings ask to resume a table whose copy lacks something."""
    RESCAN = "copied again"
    RELEASE = "released"
    RETURN = "suspended"
    """It was released, and is included again."""


def choose(state: TableState, choices: Choices) -> Optional[WayOut]:
    """None: the table stays as it is."""
    if handed_over(state):
        return None
    if not choices.includes(state.table):
        return None if state.released else WayOut.RELEASE
    if state.released:
        return None if state.by_command else WayOut.RETURN
    if state.suspension is None:
        return None
    number = suspension_number(state.hold)
    if choices.rescan(state.table, number):
        return WayOut.RESCAN
    if choices.resume(state.table, number):
        return WayOut.REFUSE if state.suspension.incomplete else WayOut.RESUME
    return None


def follow(state: TableState, choice: WayOut, rules: PlannerRules, now: float) -> TableDecision:
    """`now`: epoch seconds."""
    if choice is WayOut.RESUME:
        return resume(state)
    if choice is WayOut.RESCAN:
        return copy_again(state, rules)
    if choice is WayOut.RELEASE:
        return release(state, rules)
    if choice is WayOut.RETURN:
        return take_back(state, now)
    return TableDecision(state, [])


def resume(state: TableState) -> TableDecision:
    """Go on where the table was suspended."""
    assert state.suspension is not None
    assert not state.suspension.incomplete
    again = msgspec.structs.replace(state, hold=state.hold + 1, suspension=None)
    return TableDecision(again, [(slot, step_order(again)) for slot in again.slots])


def release(state: TableState, rules: PlannerRules) -> TableDecision:
    """Stop all splits of the table, and forget their positions."""
    dropped = copy_again(state, rules)
    return TableDecision(msgspec.structs.replace(dropped.state, released=True), dropped.orders)


def take_back(state: TableState, now: float) -> TableDecision:
    """Suspend a released table."""
    included = msgspec.structs.replace(state, released=False)
    held = suspended(included, FaultKind.RELEASED, FaultKind.RELEASED.words.reason, now)
    assert held.state.suspension is not None
    suspension = msgspec.structs.replace(held.state.suspension, incomplete=True)
    return TableDecision(msgspec.structs.replace(held.state, suspension=suspension), held.orders)


def handed_over(state: TableState) -> bool:
    return state.suspension is not None and state.suspension.kind == FaultKind.HANDED_OVER


def reason_of(suspension: Suspension) -> str:
    """One sentence."""
    words = FaultKind(suspension.kind).words.reason
    return words if suspension.reason == words else f"{words}: {suspension.reason.rstrip('.')}"


def ways_out(table: str, number: int, incomplete: bool) -> str:
    """The commands and the settings that end a suspension. `number`: of the suspension."""
    numbered = f"{table}@{number}"
    resume = "" if incomplete else f"`polarshake table resume {numbered}` goes on where it was; "
    names = f"tables.rescan: [{numbered}] or tables.release: [{table}]"
    settings = names if incomplete else f"tables.resume: [{numbered}], {names}"
    return (
        f"While the job runs, {resume}`polarshake table rescan {numbered}` copies it again, and deletes "
        f"target items that the source does not have; `polarshake table release {table}` leaves it out. "
        f"Or with the next start from a checkpoint or savepoint: {settings}."
    )
