"""A GetRecords body -> changes, without decoding the items."""

from __future__ import annotations

from typing import List, NamedTuple, Optional

import msgspec

from connectors.base.errors import TerminalError, TransientError

FEEDING_VIEWS = ("NEW_IMAGE", "NEW_AND_OLD_IMAGES")
"""View types that contain what a replica needs: the whole item after the change."""

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


class _RecordsBody(msgspec.Struct, gc=False):
    Records: List[_Record] = []
    NextShardIterator: Optional[str] = None


_decoder = msgspec.json.Decoder(_RecordsBody)


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
    """Raises TerminalError if a record lacks what a replica needs or the body is not a GetRecords response,
    TransientError if the body is incomplete."""
    try:
        answer = _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise TerminalError(
            f"table {table}: this is no answer of GetRecords: {error}. Check that the source endpoint is "
            f"DynamoDB Streams."
        ) from None
    except msgspec.DecodeError as error:
        raise TransientError(f"table {table}: an answer of GetRecords came damaged: {error}") from None
    return RecordsPage(
        [_change(record, table) for record in answer.Records], answer.NextShardIterator or None
    )


def _change(record: _Record, table: str) -> StreamChange:
    data = record.dynamodb
    keys = bytes(data.Keys)
    if record.eventName in _DELETES:
        return StreamChange(data.SequenceNumber, data.ApproximateCreationDateTime, keys, keys, True)
    body = bytes(data.NewImage)
    if not body or record.eventName not in _PUTS:
        raise TerminalError(_refusal(record, table))
    return StreamChange(data.SequenceNumber, data.ApproximateCreationDateTime, keys, body, False)


def _refusal(record: _Record, table: str) -> str:
    number = record.dynamodb.SequenceNumber
    if record.eventName not in _PUTS:
        return f"table {table}: stream record {number} has the unknown event {record.eventName}."
    return (
        f"table {table}: stream record {number} holds no new image; the stream's view type is "
        f"{record.dynamodb.StreamViewType}. Enable the stream with {' or '.join(FEEDING_VIEWS)}."
    )
