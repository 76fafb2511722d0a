"""Notices of enumerator and workers about tables and the completion of a job. They are sent as text, because
Flink prints them."""

from __future__ import annotations

from typing import List, Union

import msgspec


class PlannedTable(msgspec.Struct, frozen=True):
    """A table after the enumerator has sent all its orders."""

    table: str
    parts: int = 0
    schema_differences: List[str] = []
    arn: str = ""
    """For the check: the stream of the source's table, its id, and when the source described both (epoch
    seconds, the service's clock)."""
    source_id: str = ""
    since: float = 0.0


class Plan(msgspec.Struct, tag="plan", tag_field="notice", frozen=True):
    """The orders for all tables of the first listing have been sent. A job with an end waits for these
    tables."""

    tables: List[PlannedTable]


class ScanDone(msgspec.Struct, tag="done", tag_field="notice", frozen=True):
    """A worker slot has written all segments of a table that it has been given."""

    slot: int
    generation: int
    table: str
    segments: int
    """How many."""


class TableNotice(msgspec.Struct, tag="table", tag_field="notice", frozen=True):
    """A table has been suspended, resumed, or released; or it still is."""

    table: str
    suspended: bool
    text: str
    """For the user: what happened, and what to do."""
    released: bool = False
    """The table is not moved any more: a job with an end does not wait for it."""


Notice = Union[Plan, ScanDone, TableNotice]

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Notice).decode


def encode(notice: msgspec.Struct) -> str:
    return _encode(notice).decode()


def decode(text: str) -> Notice:
    notice: Notice = _decode(text)
    return notice
