"""What enumerator and lanes report to the end of a job: typed, and text on the way, since Flink prints it."""

from __future__ import annotations

from typing import List, Union

import msgspec


class PlannedTable(msgspec.Struct, frozen=True):
    """A table as the enumerator knows it once all is ordered."""

    table: str
    parts: int = 0
    schema_differences: List[str] = []


class Plan(msgspec.Struct, tag="plan", tag_field="notice", frozen=True):
    """All tables of the first look are ordered: what a job with an end waits for."""

    tables: List[PlannedTable]


class ScanDone(msgspec.Struct, tag="done", tag_field="notice", frozen=True):
    """A lane has seen the whole scan of a table."""

    lane: int
    generation: int
    table: str


Notice = Union[Plan, ScanDone]

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Notice).decode


def encode(notice: msgspec.Struct) -> str:
    return _encode(notice).decode()


def decode(text: str) -> Notice:
    found: Notice = _decode(text)
    return found
