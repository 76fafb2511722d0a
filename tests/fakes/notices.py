"""The notices of a job in the form in which they are sent."""

from __future__ import annotations

from connectors.model.notices import Plan, PlannedTable, ScanDone, TableNotice, encode


def plan(*tables: str, parts: int = 1) -> str:
    return encode(Plan([PlannedTable(table, parts) for table in tables]))


def done(slot: int, table: str, generation: int = 1, segments: int = 1) -> str:
    return encode(ScanDone(slot, generation, table, segments))


def suspended(table: str, text: str) -> str:
    return encode(TableNotice(table, True, text))


def released(table: str) -> str:
    return encode(TableNotice(table, False, "released", released=True))


def resumed(table: str) -> str:
    return encode(TableNotice(table, False, "resumed"))
