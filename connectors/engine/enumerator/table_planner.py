"""The enumerator's decisions for one table: its state and the next orders. Pure.

Phases of a table: PREPARED (its target exists) -> REGISTERED (its stream's open shards are assigned)
-> after a grace period -> SCANNING (its segments are ordered). connectors.engine.enumerator.stepping decides
how scan and stream then take turns. In any phase a table may be suspended, after an error that concerns it
alone; connectors.engine.enumerator.suspension has the ways out.
"""

from __future__ import annotations

import enum
from typing import List, NamedTuple, Optional, Tuple
from zlib import crc32

import msgspec

from connectors.base.errors import GapError, TerminalError
from connectors.base.table_fault import FaultKind
from connectors.dynamodb.scan.segments import segments_for, segments_to_draw_from
from connectors.dynamodb.streams.lineage import Lineage
from connectors.dynamodb.streams.tracking import Observed, observe
from connectors.engine.enumerator.observations import Listed, Prepared, Restreamed, TableObservation
from connectors.model.assignment import Assignment
from connectors.model.keys import Schema
from connectors.model.orders import DropOrder, Order, SegmentOrder, StepOrder, StreamOrder
from connectors.model.steps import BEFORE, FIRST_FOLLOW, FIRST_SCAN, StepKind, kind_of

SKIP_MARGIN = 300.0
"""Seconds. Stream records from up to this long before the start are applied too, because a record's time is
rounded and an eventually consistent read may be older. A larger value only replays more."""


FIRST_RESCAN = 2
"""Generations from this one on follow a gap: they sweep the target and never drop the table."""


class TablePhase(enum.IntEnum):
    NEW = 0
    PREPARED = 1
    REGISTERED = 2
    SCANNING = 3


class Suspension(msgspec.Struct, frozen=True, array_like=True):
    """Why a table is suspended."""

    kind: int
    """A FaultKind."""
    reason: str
    """The error's text, with advice."""
    at: float
    """Epoch seconds."""
    generation: int
    """The generation in which it was suspended."""
    incomplete: bool
    """The copy lacks something: the table cannot be resumed, only copied again."""


class TableState(msgspec.Struct, frozen=True, array_like=True):
    """The enumerator's state of a table."""

    table: str
    generation: int
    """Number of the table's scan; 0 in mode incremental, which has no scan. Above 1: after a gap."""
    phase: TablePhase = TablePhase.NEW
    schema: Schema = []
    arn: str = ""
    lineage: Lineage = Lineage()
    since: float = 0.0
    """Time of the stream's registration, or of the table's description for the check: epoch seconds, the
    service's clock."""
    size_bytes: int = 0
    items: int = 0
    target_bytes: int = 0
    target_items: int = 0
    schema_differences: List[str] = []
    parts: int = 0
    """Number of segments ordered in this generation."""
    target_bounds: Optional[List[bytes]] = None
    """Bounds between the segments of the target's table, if a segment is not defined by its number."""
    after_plan: bool = False
    """Found after the first plan. A table of this name at the target must not be dropped: the user has not
    agreed to it."""
    step: int = BEFORE
    """See connectors.model.steps."""
    step_at: float = 0.0
    """When the step began, epoch seconds."""
    scanned: bool = False
    """Every segment of this generation has been written."""
    slots: List[int] = []
    """Worker slots that have segments or shards of the table."""
    hold: int = 0
    """See connectors.model.steps.is_held."""
    suspension: Optional[Suspension] = None
    """Set while the table is suspended."""
    released: bool = False
    """The table is no longer moved."""
    target_id: str = ""
    """See Prepared."""
    by_command: bool = False
    """Released by a command, although the settings include it."""
    source_id: str = ""
    """See Prepared."""

    @property
    def resting(self) -> bool:
        """Nothing is to be done for the table."""
        return self.suspension is not None or self.released

    @property
    def live(self) -> bool:
        """The table is copied, and only follows its stream."""
        return self.scanned and kind_of(self.step) is StepKind.FOLLOW


class PlannerRules(NamedTuple):
    """Rules from the configuration, the same for all tables."""

    readers: int
    scan: bool
    stream: bool
    oldest: bool = True
    """Without a scan: read everything that the stream contains, not only changes from now on."""
    rescan: bool = False
    """After a gap: scan the table again."""
    suspend_gaps: bool = False
    """After a gap, unless it is scanned again: suspend the table instead of failing."""
    suspend: bool = False
    """After another error that concerns one table: suspend it instead of failing."""
    segments: int = 0
    """Number of segments; 0: by the table's size."""
    both: bool = False
    """Also scan the target's table, for the check."""
    sample: int = 0
    """Read this many random keys of each side instead of scanning; 0: scan."""
    steps: bool = False
    """Workers read and write by steps: the forward job."""
    hold_seconds: float = 8 * 3600.0
    """How long a table's stream may wait for its scan."""


class TableDecision(NamedTuple):
    state: TableState
    orders: List[Tuple[int, Order]]
    """(reader number, order), to be sent in this sequence."""


def fresh(table: str, rules: PlannerRules, later: bool = False) -> TableState:
    """The state of a new table. `later`: found after the job has started. Then the whole stream is read, even
    with a scan, for two reasons. The table may be new. And a run that ended before its first checkpoint may
    have written items that the source has deleted since, which a scan does not show."""
    oldest = later or (rules.oldest and not rules.scan)
    return TableState(table, 1 if rules.scan else 0, lineage=Lineage(oldest=oldest))


def decide(state: TableState, seen: TableObservation, rules: PlannerRules, now: float = 0.0) -> TableDecision:
    """The decision for an observation. `now`: epoch seconds. Raises GapError if `streams.gap` is fail, and
    TerminalError if `tables.onError` is fail."""
    if state.resting:
        return TableDecision(state, [])
    if isinstance(seen, Prepared):
        return _prepared(state, seen, rules)
    if isinstance(seen, Listed):
        return _listed(state, seen, rules, now)
    if isinstance(seen, Restreamed):
        stale, kind = seen.arn != state.arn, FaultKind.GAP
    else:
        stale = (seen.generation, seen.hold) != (state.generation, state.hold)
        kind = FaultKind(seen.kind)
    return TableDecision(state, []) if stale else _fault(state, kind, seen.reason, rules, now)


def start_scan(state: TableState, rules: PlannerRules) -> TableDecision:
    """Order the segments after the grace period, and those of the target if it is read too.

    After a gap, the target's segments are swept. The grace period ensures that the lanes have written what
    readers of an older generation had in flight. Otherwise a sweep could read the target before it.
    """
    if rules.sample:
        return _start_sample(state, rules)
    source_segments = rules.segments or segments_for(state.size_bytes, rules.readers)
    target_segments = _target_segments(state, rules)
    parts = source_segments + target_segments
    orders: List[Tuple[int, Order]] = []
    for part in range(parts):
        segment, total = (
            (part, source_segments) if part < source_segments else (part - source_segments, target_segments)
        )
        order = SegmentOrder(
            state.table, state.generation, state.schema, part, parts, segment, total, part >= source_segments
        )
        if part >= source_segments and state.target_bounds:
            bounds = [b"", *state.target_bounds, b""]
            order.after, order.until = bounds[segment : segment + 2]
        orders.append(((_place(state.table) + part) % rules.readers, order))
    scanning = msgspec.structs.replace(state, phase=TablePhase.SCANNING, parts=parts)
    if not rules.steps:
        return TableDecision(scanning, orders)
    return go_to(with_slots(scanning, orders), FIRST_SCAN, orders)


def go_to(state: TableState, step: int, orders: List[Tuple[int, Order]]) -> TableDecision:
    """Send the table to a step. A slot gets its parts first; otherwise it would report that none is left."""
    there = msgspec.structs.replace(state, step=step)
    return TableDecision(there, [*orders, *((slot, step_order(there)) for slot in there.slots)])


def step_order(state: TableState) -> StepOrder:
    return StepOrder(state.table, state.generation, state.step, state.live, state.hold)


def with_slots(state: TableState, orders: List[Tuple[int, Order]]) -> TableState:
    slots = sorted({*state.slots, *(slot for slot, _ in orders)})
    return msgspec.structs.replace(state, slots=slots)


def _start_sample(state: TableState, rules: PlannerRules) -> TableDecision:
    """Order one part per side, which selects its segments randomly."""
    totals = [segments_to_draw_from(items, rules.sample) for items in (state.items, state.target_items)]
    orders: List[Tuple[int, Order]] = [
        (
            (_place(state.table) + part) % rules.readers,
            SegmentOrder(
                state.table, state.generation, state.schema, part, len(totals), 0, total, bool(part)
            ),
        )
        for part, total in enumerate(totals)
    ]
    return TableDecision(msgspec.structs.replace(state, phase=TablePhase.SCANNING, parts=len(totals)), orders)


def _target_segments(state: TableState, rules: PlannerRules) -> int:
    if rules.both and state.target_bounds is not None:
        return len(state.target_bounds) + 1
    if rules.both and rules.segments:
        return rules.segments
    if rules.both or state.generation >= FIRST_RESCAN:
        return segments_for(state.target_bytes, rules.readers)
    return 0


def _prepared(state: TableState, seen: Prepared, rules: PlannerRules) -> TableDecision:
    if state.phase is not TablePhase.NEW or seen.attempt not in (None, (state.generation, state.hold)):
        return TableDecision(state, [])
    phase = TablePhase.PREPARED if rules.stream else TablePhase.REGISTERED
    facts = msgspec.structs.replace(
        state,
        phase=phase,
        schema=seen.schema,
        arn=seen.arn,
        size_bytes=seen.size_bytes,
        items=seen.items,
        target_bytes=seen.target_bytes,
        target_items=seen.target_items,
        schema_differences=seen.schema_differences,
        target_bounds=seen.target_bounds,
        target_id=seen.target_id,
        source_id=seen.source_id,
        since=seen.described_at,
    )
    return TableDecision(facts, [])


def _listed(state: TableState, seen: Listed, rules: PlannerRules, now: float) -> TableDecision:
    if seen.arn != state.arn or state.phase is TablePhase.NEW:
        return TableDecision(state, [])
    observed = observe(state.lineage, seen.shards)
    if observed.gaps:
        return _fault(state, FaultKind.GAP, "; ".join(observed.gaps), rules, now)
    since = state.since or seen.date
    phase = state.phase
    if phase is TablePhase.PREPARED and observed.lineage.registered:
        phase = TablePhase.REGISTERED
    known = msgspec.structs.replace(state, lineage=observed.lineage, since=since, phase=phase)
    orders = _stream_orders(known, observed, rules)
    if not rules.steps:
        return TableDecision(known, orders)
    if phase is not state.phase and state.generation == 0:  # mode incremental: there is nothing to scan
        known = msgspec.structs.replace(known, step=FIRST_FOLLOW, scanned=True)
    known = with_slots(known, orders)
    steps = [(slot, step_order(known)) for slot in sorted({slot for slot, _ in orders})]
    return TableDecision(known, [*orders, *steps])


def _stream_orders(state: TableState, observed: Observed, rules: PlannerRules) -> List[Tuple[int, Order]]:
    roots = sorted({a.root_id for a in observed.assign} | {f.root_id for f in observed.forget})
    orders: List[Tuple[int, Order]] = []
    for root in roots:
        assign = [a for a in observed.assign if a.root_id == root]
        forget = [f.shard_id for f in observed.forget if f.root_id == root]
        orders.append((_place(state.table + root) % rules.readers, _stream_order(state, assign, forget)))
    return orders


def _stream_order(state: TableState, assign: List[Assignment], forget: List[str]) -> StreamOrder:
    return StreamOrder(
        state.table,
        state.generation,
        state.schema,
        state.arn,
        state.since,
        None if state.lineage.oldest else state.since - SKIP_MARGIN,
        assign,
        forget,
    )


def _fault(state: TableState, kind: FaultKind, reason: str, rules: PlannerRules, now: float) -> TableDecision:
    """What follows a terminal error of one table."""
    if kind is FaultKind.GAP:
        if rules.rescan:
            return copy_again(state, rules)
        if not rules.suspend_gaps:
            raise GapError(state.table, reason)
    elif not rules.suspend:
        raise TerminalError(reason)
    return suspended(state, kind, reason, now)


def suspended(state: TableState, kind: FaultKind, reason: str, now: float) -> TableDecision:
    """Stop all splits of the table; their positions are kept."""
    incomplete = kind.incomplete and state.phase is not TablePhase.NEW
    suspension = Suspension(int(kind), reason, now, state.generation, incomplete)
    held = msgspec.structs.replace(state, hold=state.hold + 1, suspension=suspension)
    return TableDecision(held, [(slot, step_order(held)) for slot in held.slots])


def copy_again(state: TableState, rules: PlannerRules) -> TableDecision:
    """Start a new generation: read the stream from scratch, scan again, and sweep deleted items from the
    target. Ends a suspension."""
    # Never 1, even in mode incremental: the target contains writes of this job and needs the sweep.
    again = TableState(
        state.table,
        max(FIRST_RESCAN, state.generation + 1),
        slots=state.slots,
        hold=state.hold + (state.suspension is not None),
    )
    return TableDecision(
        again, [(slot, DropOrder(state.table, again.generation)) for slot in range(rules.readers)]
    )


def _place(name: str) -> int:
    """A number that depends only on the name: a lineage is always read by the same reader."""
    return crc32(name.encode())
