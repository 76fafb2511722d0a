"""A GetRecords body -> changes, without decoding the items."""

from __future__ import annotations

from typing import List, NamedTuple, Optional

import msgspec

from connectors.base.table_fault import FaultKind, TableError
from connectors.dynamodb.answers import Answer, DamagedError, NestedError, decoded
from connectors.model import nesting

FEEDING_VIEWS = ("NEW_IMAGE", "NEW_AND_OLD_IMAGES")
"""View types that contain what a replica needs: the whole item after the change."""

LONGEST_NUMBER = 40
"""Digits of a sequence number."""

_PUTS, _DELETES = ("INSERT", "MODIFY"), ("REMOVE",)


class _Data(msgspec.Struct, gc=False):
    Keys: msgspec.Raw
    SequenceNumber: str
    ApproximateCreationDateTime: float
    NewImage: msgspec.Raw = msgspec.Raw()
    StreamViewType: str = "of an unknown kind"


class _Record(msgspec.Struct, gc=False):
    eventName: str
    dynamodb: _Data


class _RecordsBody(Answer, gc=False):
    Records: List[_Record]
    NextShardIterator: Optional[str] = None


_decode = msgspec.json.Decoder(_RecordsBody).decode


class StreamChange(NamedTuple):
    sequence: str
    created: float
    """Epoch seconds, rounded to the second (by DynamoDB Local to the minute)."""
    keys: bytes
    body: bytes
    """The new image as received; for a delete, the key attributes."""
    delete: bool


class RecordsPage(NamedTuple):
    changes: List[StreamChange]
    next_iterator: Optional[str]
    """None is the only sign of a shard's end."""


def decode(body: bytes, table: str) -> RecordsPage:
    """Raises DamagedError when the body is not a whole GetRecords answer, TableError when a record cannot
    feed a replica."""
    try:
        answer = decoded(_decode, body, "GetRecords", table)
    except NestedError:
        answer = _unfolded(body, table)
    if answer.NextShardIterator == "" or not all(map(_is_numbered, answer.Records)):
        raise DamagedError(f"table {table}: an answer of GetRecords has an empty iterator or invalid numbers")
    return RecordsPage([_change(record, table) for record in answer.Records], answer.NextShardIterator)


def _unfolded(body: bytes, table: str) -> _RecordsBody:
    folded = nesting.fold(body)
    answer = decoded(_decode, folded.body, "GetRecords", table)
    for record in answer.Records:
        record.dynamodb.NewImage = msgspec.Raw(folded.unfold(bytes(record.dynamodb.NewImage)))
    return answer


def _is_numbered(record: _Record) -> bool:
    number = record.dynamodb.SequenceNumber
    return number.isascii() and number.isdigit() and len(number) <= LONGEST_NUMBER


def _change(record: _Record, table: str) -> StreamChange:
    data = record.dynamodb
    keys = bytes(data.Keys)
    if record.eventName in _DELETES:
        return StreamChange(data.SequenceNumber, data.ApproximateCreationDateTime, keys, keys, True)
    body = bytes(data.NewImage)
    if not body or record.eventName not in _PUTS:
        raise TableError(table, FaultKind.STREAM_UNFIT, _refusal(record))
    return StreamChange(data.SequenceNumber, data.ApproximateCreationDateTime, keys, body, False)


def _refusal(record: _Record) -> str:
    number = record.dynamodb.SequenceNumber
    if record.eventName not in _PUTS:
        return f"stream record {number} has the unknown event {record.eventName}."
    return (
        f"stream record {number} holds no new image; the stream's view type is "
        f"{record.dynamodb.StreamViewType}. Enable the stream with {' or '.join(FEEDING_VIEWS)}."
    )
