"""Compares known keys in this process, with the lanes of the check: the same rules, counts and report."""

from __future__ import annotations

import time
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional

from connectors.check.chosen import LOT
from connectors.check.chunks import BulkState
from connectors.check.lane import CheckLane
from connectors.check.report.summary import Summary
from connectors.check.report_collector import ReportCollector
from connectors.model.digests import lane_of
from connectors.model.keys import Schema
from connectors.model.notices import Plan, PlannedTable, encode
from connectors.model.records import LaneNotice, LookupKeys, Part, SegmentDone

LONGEST_PAUSE = 0.2
"""Seconds between two steps."""


class KeysOfTable(NamedTuple):
    table: str
    schema: Schema
    schema_differences: List[str]
    keys: Dict[bytes, bytes]
    """DynamoDB JSON by digest."""


class NoBulk(BulkState):
    """Known keys have no fingerprints."""

    def get(self, name: str) -> bytes:
        return b""

    def put(self, name: str, value: bytes) -> None:
        raise AssertionError("known keys have no fingerprints")

    def remove(self, name: str) -> None:
        pass


def compare(
    lanes: List[CheckLane],
    tables: Iterable[KeysOfTable],
    collector: ReportCollector,
    sleep: Callable[[float], None] = time.sleep,
) -> Summary:
    """Compare the keys until each is settled or reported; the collector writes the report.

    Raises what a read of a side raises: then nothing is proven.
    """
    tables = list(tables)
    summary = _take(collector, _given(lanes, tables))
    while summary is None:
        summary = _take(collector, [text for lane in lanes for text in lane.step().notices])
        pauses = [pause for pause in (lane.pause() for lane in lanes) if pause is not None]
        if summary is None:
            sleep(min([LONGEST_PAUSE, *pauses]))
    return summary


def _given(lanes: List[CheckLane], tables: List[KeysOfTable]) -> List[str]:
    """Give the keys and the plan to the lanes."""
    told: List[str] = []
    for table in tables:
        for number, lane in enumerate(lanes):
            mine = [key for digest, key in table.keys.items() if lane_of(digest, len(lanes)) == number]
            parts: List[Part] = [
                LookupKeys(table.table, table.schema, False, 0.0, mine[first : first + LOT])
                for first in range(0, len(mine), LOT)
            ]
            told += lane.apply([*parts, SegmentDone(table.table, 1, 0, 1)]).notices
    plan = encode(Plan([PlannedTable(each.table, 1, each.schema_differences) for each in tables]))
    for lane in lanes:
        told += lane.apply([LaneNotice(plan)]).notices
    return told


def _take(collector: ReportCollector, told: List[str]) -> Optional[Summary]:
    for text in told:
        summary = collector.take(text)
        if summary is not None:
            return summary
    return None
