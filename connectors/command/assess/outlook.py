"""Rates, hours, cost and the plan, from the facts about the tables. Pure.

The estimate is the doctor's: connectors/command/estimate. A table's capacity is the first of these that is
known: its provisioned units; its maximum on demand; its warm throughput; the account's quota.
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from connectors.command.assess.facts import TableFacts
from connectors.command.estimate.constants import TABLE_READ_UNITS
from connectors.command.estimate.copy import Limits, TableSize, copy_seconds, read_units
from connectors.command.estimate.plan import pauses_for, readers_for, shards_for
from connectors.command.estimate.prices import Prices
from connectors.config.settings import Settings
from connectors.dynamodb.scan.segments import segments_for

SLOTS = (2, 4, 8, 16, 32, 64, 128)
"""Numbers of task slots that the plan chooses from."""
LEAST_RATE = 1.0
DAY_SECONDS = 86_400
SLOWED = 1.5
"""A table is named that makes the copy take this many times longer, because it decides the common rate."""


class TableCapacity(NamedTuple):
    units: float
    """Read units per second."""
    source: str
    """What the figure is."""


class TableOutlook(NamedTuple):
    read_units: float
    capacity: TableCapacity
    rate: float
    """Read units per second: the wanted share of the capacity."""
    hours_at_rate: float
    """Hours of reading the table at this rate."""
    segments: int
    pauses: int
    """At most, because the tables are scanned at the same time and share the task slots."""
    shards: int
    cost: float
    """US dollars for reading it once; 0 if its capacity is provisioned, and so paid for."""


class PlanOutlook(NamedTuple):
    slots: int
    readers: int
    hours: float
    """Of the copy, without `rate`."""
    bound: str
    """What limits it."""
    rate: float
    """`scan.readLimit.rate` with which no table is read faster than its share; 0: no table."""
    rate_table: str
    """The table that decides it."""
    hours_at_rate: float
    apart: str
    """A table that slows all others down, and should be copied by a job of its own; empty if none does."""
    copy_cost: float
    """US dollars: the reads, the streams and the task slots until the copy is done."""
    day_cost: float
    """US dollars for each day of following the changes after it."""


def capacity_of(facts: TableFacts, quota: Optional[int]) -> TableCapacity:
    provisioned = facts.description.ProvisionedThroughput.ReadCapacityUnits
    if provisioned:
        return TableCapacity(provisioned, "provisioned")
    most = facts.extras.OnDemandThroughput.MaxReadRequestUnits
    if most > 0:
        return TableCapacity(most, "maximum on demand")
    warm = facts.extras.WarmThroughput.ReadUnitsPerSecond
    if warm:
        return TableCapacity(warm, "warm throughput")
    if quota:
        return TableCapacity(quota, "account's quota")
    return TableCapacity(TABLE_READ_UNITS, "default quota")


def outlook(
    tables: Sequence[TableFacts],
    settings: Settings,
    limits: Limits,
    quota: Optional[int],
    share: float,
    slots: int,
    prices: Prices,
) -> Tuple[Dict[str, TableOutlook], PlanOutlook]:
    """By table, and for all. `share`: of each table's capacity, above 0 up to 1. `slots`; 0: chosen here."""
    consistent = settings.scan.consistent_read
    sizes = {facts.name: size_of(facts) for facts in tables}
    slots = slots or choose_slots(list(sizes.values()), limits, settings.streams.hold_hours, consistent)
    readers = readers_for(slots, Settings().readers)
    processors, _ = copy_seconds(list(sizes.values()), slots, Limits())
    found = {}
    for facts in tables:
        size = sizes[facts.name]
        own, _ = copy_seconds([size], slots, limits, consistent)
        found[facts.name] = _of_table(
            facts, size, settings, quota, share, readers, max(own, processors), prices
        )
    return found, _plan(found, sizes, settings, limits, slots, readers, prices)


def size_of(facts: TableFacts) -> TableSize:
    return TableSize(facts.description.TableSizeBytes, facts.description.ItemCount)


def choose_slots(sizes: Sequence[TableSize], limits: Limits, hold_hours: float, consistent: bool) -> int:
    """The fewest task slots with which the scan need not pause, or with which more would not help."""
    for slots in SLOTS:
        seconds, bound = copy_seconds(sizes, slots, limits, consistent)
        if bound != "processors" or pauses_for(seconds, hold_hours) == 0:
            return slots
    return SLOTS[-1]


def _of_table(
    facts: TableFacts,
    size: TableSize,
    settings: Settings,
    quota: Optional[int],
    share: float,
    readers: int,
    seconds: float,
    prices: Prices,
) -> TableOutlook:
    units = read_units([size], settings.scan.consistent_read)
    capacity = capacity_of(facts, quota)
    rate = max(LEAST_RATE, capacity.units * share)
    return TableOutlook(
        read_units=units,
        capacity=capacity,
        rate=rate,
        hours_at_rate=units / rate / 3600,
        segments=settings.scan.segments or segments_for(size.bytes, readers),
        pauses=pauses_for(seconds, settings.streams.hold_hours) if settings.mode.follows else 0,
        shards=shards_for(size.bytes, 0.0) if settings.mode.follows else 0,
        cost=0.0 if facts.provisioned else units / 1e6 * prices.million_read_units,
    )


def _plan(
    tables: Dict[str, TableOutlook],
    sizes: Dict[str, TableSize],
    settings: Settings,
    limits: Limits,
    slots: int,
    readers: int,
    prices: Prices,
) -> PlanOutlook:
    consistent = settings.scan.consistent_read
    seconds, bound = (
        copy_seconds(list(sizes.values()), slots, limits, consistent) if sizes else (0.0, "nothing")
    )
    by_rate = sorted(tables, key=lambda name: (tables[name].rate, name))
    rate = tables[by_rate[0]].rate if by_rate else 0.0
    hours = _hours_at(rate, list(sizes.values()), slots, consistent)
    shards = sum(table.shards for table in tables.values())
    per_second = shards / 1e6 * prices.million_stream_reads + slots / 3600 * prices.slot_hour
    return PlanOutlook(
        slots=slots,
        readers=readers,
        hours=seconds / 3600,
        bound=bound,
        rate=rate,
        rate_table=by_rate[0] if by_rate else "",
        hours_at_rate=hours,
        apart=_apart(by_rate, tables, sizes, slots, hours, consistent),
        copy_cost=sum(table.cost for table in tables.values()) + seconds * per_second,
        day_cost=DAY_SECONDS * per_second if settings.mode.follows else 0.0,
    )


def _apart(
    by_rate: List[str],
    tables: Dict[str, TableOutlook],
    sizes: Dict[str, TableSize],
    slots: int,
    hours: float,
    consistent: bool,
) -> str:
    if len(by_rate) < 2:
        return ""
    first, rest = by_rate[0], by_rate[1:]
    without = _hours_at(tables[rest[0]].rate, [sizes[name] for name in rest], slots, consistent)
    return first if hours > max(SLOWED * without, 1.0) else ""


def _hours_at(rate: float, sizes: Sequence[TableSize], slots: int, consistent: bool) -> float:
    if not sizes or not rate:
        return 0.0
    return copy_seconds(sizes, slots, Limits(read_units=rate), consistent)[0] / 3600
