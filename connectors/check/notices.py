"""Notices from the enumerator and the lanes to the end of a check."""

from __future__ import annotations

from typing import List, Union

import msgspec

from connectors.check.table import CheckCounts
from connectors.engine.enumerator.table_planner import TableState
from connectors.model.notices import Plan, PlannedTable, encode


class TableChecked(msgspec.Struct, tag="checked", tag_field="notice", frozen=True):
    """A lane has compared and settled its keys of a table."""

    lane: int
    counts: CheckCounts


class DifferenceFound(msgspec.Struct, tag="difference", tag_field="notice", frozen=True):
    line: msgspec.Raw
    """The difference as a line of report.jsonl."""


class KeyFollows(msgspec.Struct, tag="follows", tag_field="notice", frozen=True):
    """A key was settled because the target follows the source, although it was never found equal."""

    table: str
    key: msgspec.Raw


CheckNotice = Union[Plan, TableChecked, DifferenceFound, KeyFollows]

_decode = msgspec.json.Decoder(CheckNotice).decode


def plan(tables: List[TableState]) -> str:
    return encode(Plan([planned(each) for each in tables]))


def planned(table: TableState) -> PlannedTable:
    return PlannedTable(
        table.table, table.parts, table.schema_differences, table.arn, table.source_id, table.since
    )


def checked(lane: int, counts: CheckCounts) -> str:
    return encode(TableChecked(lane, counts))


def difference(line: bytes) -> str:
    return encode(DifferenceFound(msgspec.Raw(line)))


def follows(table: str, key: bytes) -> str:
    return encode(KeyFollows(table, msgspec.Raw(key)))


def decode(text: str) -> CheckNotice:
    notice: CheckNotice = _decode(text)
    return notice
