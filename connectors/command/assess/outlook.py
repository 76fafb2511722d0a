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
"""Tables with little capacity are copied apart if they make the copy take this many times longer."""


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
    """`scan.readLimit.rate` with which no table but those of `apart` is read faster than its share; 0: no
    table."""
    rate_table: str
    """The table that decides it."""
    hours_at_rate: float
    apart: List[str]
    """Tables with so little capacity that they would slow down all others: they need a job of their own."""
    apart_rate: float
    """`scan.readLimit.rate` of that job."""
    apart_hours: float
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
    outlooks = {}
    for facts in tables:
        size = sizes[facts.name]
        own, _ = copy_seconds([size], slots, limits, consistent)
        outlooks[facts.name] = _of_table(
            facts, size, settings, quota, share, readers, max(own, processors), prices
        )
    return outlooks, _plan(outlooks, sizes, settings, limits, slots, readers, prices)


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
    apart = slow_tables(tables, sizes, slots, consistent)
    together = [name for name in tables if name not in apart]
    rate_table = min(together, key=lambda name: (tables[name].rate, name), default="")
    rate = tables[rate_table].rate if rate_table else 0.0
    apart_rate = min((tables[name].rate for name in apart), default=0.0)
    shards = sum(table.shards for table in tables.values())
    per_second = shards / 1e6 * prices.million_stream_reads + slots / 3600 * prices.slot_hour
    return PlanOutlook(
        slots=slots,
        readers=readers,
        hours=seconds / 3600,
        bound=bound,
        rate=rate,
        rate_table=rate_table,
        hours_at_rate=_hours_at(rate, [sizes[name] for name in together], slots, consistent),
        apart=apart,
        apart_rate=apart_rate,
        apart_hours=_hours_at(apart_rate, [sizes[name] for name in apart], slots, consistent),
        copy_cost=sum(table.cost for table in tables.values()) + seconds * per_second,
        day_cost=DAY_SECONDS * per_second if settings.mode.follows else 0.0,
    )


def slow_tables(
    tables: Dict[str, TableOutlook], sizes: Dict[str, TableSize], slots: int, consistent: bool
) -> List[str]:
    """The tables whose rate is lower than that of the largest table, if they slow down the copy by SLOWED."""
    if not tables:
        return []
    main = max(tables, key=lambda name: tables[name].read_units)
    slow = sorted(name for name in tables if tables[name].rate < tables[main].rate)
    together = [size for name, size in sizes.items() if name not in slow]
    lowest = min(table.rate for table in tables.values())
    hours = _hours_at(lowest, list(sizes.values()), slots, consistent)
    alone = _hours_at(tables[main].rate, together, slots, consistent)
    return slow if hours > max(SLOWED * alone, 1.0) else []


def _hours_at(rate: float, sizes: Sequence[TableSize], slots: int, consistent: bool) -> float:
    if not sizes or not rate:
        return 0.0
    return copy_seconds(sizes, slots, Limits(read_units=rate), consistent)[0] / 3600
