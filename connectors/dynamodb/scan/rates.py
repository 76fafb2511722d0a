"""The rates at which tables are read, and the number of concurrent segments, from the settings: the same for
every job that scans."""

from __future__ import annotations

from typing import Callable, NamedTuple, Optional

from connectors.config.settings import Settings
from connectors.dynamodb.limits import (
    Limit,
    Limiter,
    LimitOf,
    LiveLimiter,
    LiveLimits,
    LiveRates,
    limits_by_table,
    no_limit,
)
from connectors.model.orders import SegmentOrder

SCANS_AT_ONCE = 2
"""Segments that a reader reads concurrently: while one waits for its page, the other's is being emitted."""
PREFETCH_THREADS = 8


class ReadRates(NamedTuple):
    """The limits for reading a side's tables."""

    of_segment: Callable[[SegmentOrder], Optional[Limiter]]
    of_table: LimitOf
    """For a lane's point reads."""


UNLIMITED = ReadRates(lambda order: None, no_limit)


def rates_of(settings: Settings) -> ReadRates:
    return ReadRates(lambda order: segment_limit(settings, order), lane_limits(settings))


def segment_limit(settings: Settings, order: SegmentOrder) -> Optional[Limit]:
    """An equal share of the table's rate: its segments run in different processes."""
    return _limits(settings, _at_once(settings, order))(order.table)


def live_segment_limit(rates: LiveRates, settings: Settings, order: SegmentOrder) -> Limiter:
    """As `segment_limit`, for rates that may change."""
    by_request = settings.scan.read_limit.unit == "requests"
    return LiveLimiter(LiveLimits(rates, 1 / _at_once(settings, order), by_request), order.table)


def _at_once(settings: Settings, order: SegmentOrder) -> int:
    return min(order.total, settings.readers * SCANS_AT_ONCE)


def lane_limits(settings: Settings) -> LimitOf:
    """One lane's share of each table's rate, by table."""
    return _limits(settings, settings.check.lanes)


def _limits(settings: Settings, shares: int) -> LimitOf:
    limit = settings.scan.read_limit
    return limits_by_table(limit.rate / shares, by_request=limit.unit == "requests")
