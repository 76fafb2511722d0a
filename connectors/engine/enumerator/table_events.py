"""What users are told about tables that are suspended, resumed or released: notices, log lines, gauges."""

from __future__ import annotations

import logging
from typing import Iterator, List, Tuple

from connectors.base.table_fault import FaultKind
from connectors.base.text import timestamp
from connectors.engine.enumerator.gauge import Gauge
from connectors.engine.enumerator.suspension import handed_over, reason_of, ways_out
from connectors.engine.enumerator.table_planner import TableState
from connectors.model.notices import TableNotice, encode
from connectors.model.orders import NoticeOrder, Order
from connectors.model.steps import suspension_number

log = logging.getLogger(__name__)

Orders = List[Tuple[int, Order]]


def event_of(before: TableState, after: TableState) -> Orders:
    """The notice of a change; none if the table was moved before and is moved now."""
    if after.resting:
        return state_notice(after) if after.suspension != before.suspension or after.released else []
    if not before.resting:
        return []
    how = "resumed where it was" if after.generation == before.generation else "being copied again"
    return _tell(TableNotice(after.table, False, f"table {after.table} is {how}"))


def state_notice(state: TableState, refused: bool = False) -> Orders:
    """`refused`: the settings ask to resume a table whose copy is incomplete."""
    suspended = state.suspension is not None
    return _tell(TableNotice(state.table, suspended, text_of(state, refused), state.released))


def text_of(state: TableState, refused: bool = False) -> str:
    table, suspension = state.table, state.suspension
    if suspension is None:
        why = "a command has released it" if state.by_command else "the settings leave it out"
        return f"table {table} is released: it is not moved any more, because {why}"
    number = suspension_number(state.hold)
    if handed_over(state):
        since = timestamp(suspension.at)
        return f"table {table} is handed over ({table}@{number}) since {since}: {reason_of(suspension)}"
    refusal = "tables.resume names it, but its copy is incomplete. " if refused else ""
    return (
        f"table {table} is suspended ({table}@{number}) since {timestamp(suspension.at)}: "
        f"{reason_of(suspension)}. {refusal}{FaultKind(suspension.kind).words.advice} "
        f"{ways_out(table, number, suspension.incomplete)}"
    )


def _tell(notice: TableNotice) -> Orders:
    """Every worker slot gets the plan's notice; this one is passed on by one."""
    log.warning("%s", notice.text)
    return [(0, NoticeOrder(encode(notice)))]


def gauges_of(state: TableState) -> Iterator[Gauge]:
    suspension = state.suspension
    number = suspension_number(state.hold) if suspension is not None else 0
    yield Gauge("suspended", 0 if handed_over(state) else number, state.table)
    if state.hold:
        yield Gauge("handedOver", number if handed_over(state) else 0, state.table)
        at = suspension.at if suspension is not None and handed_over(state) else 0
        yield Gauge("handedOverAt", int(at), state.table)
        yield Gauge("suspendedReason", suspension.kind if suspension is not None else 0, state.table)
        yield Gauge("suspendedIncomplete", int(suspension is not None and suspension.incomplete), state.table)
    if state.released:
        yield Gauge("released", 1, state.table)
