"""The board in a table of the target: rows of the table that also holds the origin marks.

1. A document is a row: its key is the place, its attribute `document` is the document, compressed.
2. PolarDB refuses consistent reads, so a document may be read shortly after it was replaced. That is
   allowed: it is read again soon.
3. The table is created when it is first written to. While it does not exist, the board is empty.
4. The reverse job skips all rows of this table; see connectors.reverse.reading.
"""

from __future__ import annotations

import base64
import zlib
from typing import Any, Callable, Dict, Sequence, Tuple, TypeVar

import msgspec

from connectors.base.errors import TerminalError, TransientError
from connectors.dynamodb.answers import Answer, ask, decoded
from connectors.dynamodb.caller import Caller, Response
from connectors.dynamodb.faults import NO_TABLE, ServiceError
from connectors.dynamodb.get import PointReads
from connectors.dynamodb.retry import FaultClass, classify
from connectors.model.board import Board
from connectors.model.keys import KeyReader
from connectors.model.origin import TABLE
from connectors.targets.dynamodb_api import origin_table

T = TypeVar("T")
HINT = f"Grant --polardbak the rights to create, read and write the table {TABLE}."


class _Bytes(msgspec.Struct):
    B: str


class _Text(msgspec.Struct):
    S: str


class _Row(msgspec.Struct):
    id: _Text
    document: _Bytes


_row = msgspec.json.Decoder(_Row).decode
_done = msgspec.json.Decoder(Answer).decode


class TableBoard(Board):
    def __init__(self, client: Caller) -> None:
        self._client = client
        keys = KeyReader(TABLE, origin_table.description().key_schema)
        # PolarDB refuses consistent reads.
        self._reads = PointReads(keys, client, consistent=False)

    def publish(self, place: str, document: bytes) -> None:
        packed = base64.b64encode(zlib.compress(document)).decode()
        item = {"id": {"S": place}, "document": {"B": packed}}
        try:
            self._ask("PutItem", {"Item": item})
        except _NoTableError:
            _explained(lambda: origin_table.ensure(self._client))
            self._ask("PutItem", {"Item": item})

    def read(self, places: Sequence[str]) -> Dict[str, bytes]:
        keys = [msgspec.json.encode({"id": {"S": place}}) for place in places]
        try:
            rows = _explained(lambda: self._reads.read(keys).items.values())
        except _NoTableError:
            return {}
        return dict(map(_opened, rows))

    def remove(self, places: Sequence[str]) -> None:
        for place in places:
            try:
                self._ask("DeleteItem", {"Key": {"id": {"S": place}}})
            except _NoTableError:
                return

    def _ask(self, operation: str, request: Dict[str, Any]) -> None:
        body = msgspec.json.encode({"TableName": TABLE, **request})

        def read(came: Response) -> Answer:
            return decoded(_done, came.body, operation)

        _explained(lambda: ask(self._client, operation, body, read, TABLE))


class _NoTableError(TransientError):
    """The table does not exist: nothing has been published yet, or it was dropped."""


def _explained(call: Callable[[], T]) -> T:
    """An error of the service as a transient or a terminal error."""
    try:
        return call()
    except ServiceError as error:
        if error.code in NO_TABLE:
            raise _NoTableError(str(error)) from error
        if classify(error) in (FaultClass.TRANSIENT, FaultClass.THROTTLED):
            raise TransientError(str(error)) from error
        raise TerminalError(f"{error}. {HINT}") from error


def _opened(row: bytes) -> Tuple[str, bytes]:
    """Raises TerminalError for a row that is not a document."""
    try:
        opened = _row(row)
        return opened.id.S, zlib.decompress(base64.b64decode(opened.document.B, validate=True))
    except (msgspec.MsgspecError, ValueError, zlib.error):
        raise TerminalError(
            f"table {TABLE}: a row beginning with board- is damaged. Delete it; the job publishes it again."
        ) from None
