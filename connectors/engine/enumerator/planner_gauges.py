"""What the planner shows of its tables and commands."""

from __future__ import annotations

from typing import Collection, Iterator, Optional

from connectors.engine.enumerator.gauge import Gauge
from connectors.engine.enumerator.suspension import handed_over
from connectors.engine.enumerator.table_events import gauges_of
from connectors.engine.enumerator.table_planner import PlannerRules, TablePhase, TableState
from connectors.model.commands import FollowedCommands


def gauges_of_tables(states: Collection[TableState], rules: PlannerRules, follows: bool) -> Iterator[Gauge]:
    """`follows`: the job reads streams, so its tables have steps."""
    for state in states:
        if rules.steps:
            yield from gauges_of(state)
        if not state.released:
            yield from _of_table(state, follows)
    moved = [state for state in states if not state.released]
    yield Gauge("tables", len(moved))
    yield Gauge("tablesPrepared", sum(state.phase >= TablePhase.PREPARED for state in moved))
    if rules.steps:
        yield Gauge("tablesSuspended", sum(_is_suspended(state) for state in moved))


def _of_table(state: TableState, follows: bool) -> Iterator[Gauge]:
    yield Gauge("phase", int(state.phase), state.table)
    yield Gauge("segments", state.parts, state.table)
    yield Gauge("expectedItems", state.items, state.table)
    yield Gauge("expectedTargetItems", state.target_items, state.table)
    yield Gauge("generation", state.generation, state.table)
    if follows:
        yield Gauge("step", state.step, state.table)
    yield from _shards_left_out(state)


def _shards_left_out(state: TableState) -> Iterator[Gauge]:
    """Counts of a stream's shards without a reader: found before the start is decided (nimo-shake:
    `not process`), and closed before the start (`no need to process`)."""
    if not state.arn:
        return
    lineage = state.lineage
    passed_over = sum(1 for shard in lineage.shards.values() if not shard.root) if lineage.registered else 0
    yield Gauge("shardsFound", 0 if lineage.registered else len(lineage.shards), state.table)
    yield Gauge("shardsPassedOver", passed_over, state.table)


def _is_suspended(state: TableState) -> bool:
    return state.suspension is not None and not handed_over(state)


def gauges_of_commands(record: Optional[FollowedCommands]) -> Iterator[Gauge]:
    if record is not None:
        yield Gauge("commandsFollowed", record.followed)
        yield Gauge("commandsRefused", record.refused)
