"""The notices of a job in the form in which they are sent."""

from __future__ import annotations

from connectors.model.notices import Plan, PlannedTable, ScanDone, encode


def plan(*tables: str) -> str:
    return encode(Plan([PlannedTable(table) for table in tables]))


def done(lane: int, table: str, generation: int = 1) -> str:
    return encode(ScanDone(lane, generation, table))
