"""Rates that an operator has changed while the job runs. Pure.

1. A table's own rate comes before the rate for all tables, and that before the settings.
2. The rates are part of the job's state: each run sends them to its workers before anything else.
3. SETTINGS instead of a rate takes a change back.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

import msgspec

from connectors.engine.enumerator.commands import known_tables, targets_of
from connectors.engine.enumerator.gauge import Gauge
from connectors.engine.enumerator.table_planner import TableState
from connectors.model.commands import SETTINGS, OperatorCommand, TableAnswer
from connectors.model.orders import Order, RateOrder


class TableRates(msgspec.Struct, frozen=True, array_like=True):
    """None: that of the settings; 0: no limit."""

    scan: Optional[float] = None
    write: Optional[float] = None


class ThrottleDecision(NamedTuple):
    rates: Dict[str, TableRates]
    """By table; empty: for all tables without rates of their own."""
    changed: List[str]
    answers: List[TableAnswer]


_decode = msgspec.msgpack.Decoder(Dict[str, TableRates]).decode
RATES = "rates"
"""Name of the state entry."""


def throttle(
    command: OperatorCommand, rates: Dict[str, TableRates], tables: Dict[str, TableState]
) -> ThrottleDecision:
    if not command.tables:
        return _throttled(command, rates, [""], [])
    targets = targets_of(command, tables)
    known = [target.state.table for target in targets if target.state is not None]
    refused = [
        TableAnswer(target.name, False, f"this job has no table {target.name}. {known_tables(tables)}")
        for target in targets
        if target.state is None
    ]
    return _throttled(command, rates, known, refused)


def _throttled(
    command: OperatorCommand, rates: Dict[str, TableRates], changed: List[str], answers: List[TableAnswer]
) -> ThrottleDecision:
    after = dict(rates)
    for table in changed:
        before = rates.get(table, TableRates())
        after[table] = TableRates(_new(before.scan, command.scan), _new(before.write, command.write))
        answers.append(TableAnswer(table, True, text_of_rates(table, after[table])))
    return ThrottleDecision(after, changed, answers)


def _new(before: Optional[float], given: Optional[float]) -> Optional[float]:
    if given is None:
        return before
    return None if given == SETTINGS else given


def text_of_rates(table: str, rates: TableRates) -> str:
    where = f"table {table}" if table else "all tables without rates of their own"
    return (
        f"{where}: scan {_rate(rates.scan, 'scan.readLimit.rate')}, "
        f"write {_rate(rates.write, 'write.limit')}; sent to the workers"
    )


def _rate(rate: Optional[float], key: str) -> str:
    if rate is None:
        return f"as {key} in the settings"
    return f"at most {rate:g} per second" if rate else "without a limit"


def rate_orders(readers: int, rates: Dict[str, TableRates], tables: List[str]) -> List[Tuple[int, Order]]:
    return [
        (slot, RateOrder(table, rates[table].scan, rates[table].write))
        for table in tables
        for slot in range(readers)
    ]


def rate_gauges(rates: Dict[str, TableRates]) -> Iterator[Gauge]:
    for table, limits in rates.items():
        for name, rate in (("scanRate", limits.scan), ("writeRate", limits.write)):
            yield Gauge(name, whole_rate(rate), table)


def whole_rate(rate: Optional[float]) -> int:
    """Flink's gauges are whole numbers. -1: that of the settings; 0: no limit; else at least 1."""
    if rate is None:
        return -1
    return max(1, round(rate)) if rate else 0


def restored(saved: bytes) -> Dict[str, TableRates]:
    return _decode(saved)
