"""The rates at which tables are read, and the number of concurrent segments, from the settings: the same for
every job that scans."""

from __future__ import annotations

from typing import Callable, NamedTuple, Optional

from connectors.config.settings import Settings
from connectors.dynamodb.limits import Limit, Limiter, LimitOf, limits_by_table, no_limit
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
    at_once = min(order.total, settings.readers * SCANS_AT_ONCE)
    return _limits(settings, at_once)(order.table)


def lane_limits(settings: Settings) -> LimitOf:
    """One lane's share of each table's rate, by table."""
    return _limits(settings, settings.check.lanes)


def _limits(settings: Settings, shares: int) -> LimitOf:
    limit = settings.scan.read_limit
    return limits_by_table(limit.rate / shares, by_request=limit.unit == "requests")
