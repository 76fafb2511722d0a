"""One bulk write to one collection, and the result of each of its writes."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Protocol, Sequence, Union

from bson.raw_bson import RawBSONDocument
from pymongo import DeleteOne, ReplaceOne
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import BulkWriteError, OperationFailure, PyMongoError

from connectors.targets.mongodb.faults import (
    MALFORMED,
    OF_ONE_TABLE,
    error_of,
    is_transient,
    refusal_of,
    server_message,
)


class BulkChange(NamedTuple):
    filter: Dict[str, Any]
    document: Optional[bytes]
    """None deletes."""


class Refusal(NamedTuple):
    place: int
    """The index of the write among the changes."""
    code: int
    reason: str


class BulkAnswer(NamedTuple):
    refused: List[Refusal]
    unconfirmed: str = ""
    """Why a majority has not confirmed the other writes; empty if it has."""


class BulkCalls(Protocol):
    def write(self, table: str, changes: Sequence[BulkChange]) -> BulkAnswer:
        """Write in any order. Raises TransientError if the result of the whole request is unknown, and
        TerminalError."""
        ...

    def close(self) -> None: ...


class MongoBulk(BulkCalls):
    """For one thread, in a session of its own.

    A write whose connection is lost may still arrive late. It must not replace a newer document. The driver
    numbers a session's retryable writes, and the server refuses a number below the last.

    If the server refuses a whole command because of one document, the command is halved until that document
    is found.

    Puts and deletes are sent in separate bulk writes. A bulk write of both kinds loses the deletes if its
    first attempt gets no connection, for example because another thread has just lost one: PyMongo (4.20)
    then retries only the puts, and reports that everything is written.
    """

    def __init__(self, database: Database[Any]) -> None:
        self._database = database
        self._session: Optional[ClientSession] = None

    def write(self, table: str, changes: Sequence[BulkChange]) -> BulkAnswer:
        puts = [place for place, change in enumerate(changes) if change.document is not None]
        deletes = [place for place, change in enumerate(changes) if change.document is None]
        refused, unconfirmed = [], ""
        for places in (puts, deletes):
            if places:
                answer = self._write(table, [changes[place] for place in places])
                refused += [refusal._replace(place=places[refusal.place]) for refusal in answer.refused]
                unconfirmed = unconfirmed or answer.unconfirmed
        return BulkAnswer(sorted(refused), unconfirmed)

    def _write(self, table: str, changes: Sequence[BulkChange]) -> BulkAnswer:
        """Changes of one kind."""
        try:
            return self._send(table, changes)
        except OperationFailure as error:
            code = error.code or 0
            if code in OF_ONE_TABLE and not is_transient(error):
                raise refusal_of(table, code, server_message(error)) from None
            if code not in MALFORMED:
                raise error_of(error, f"table {table}: writing to MongoDB") from None
            if len(changes) == 1:
                return BulkAnswer([Refusal(0, code, server_message(error))])
        except PyMongoError as error:
            raise error_of(error, f"table {table}: writing to MongoDB") from None
        half = len(changes) // 2
        return _joined(self._write(table, changes[:half]), self._write(table, changes[half:]), half)

    def _send(self, table: str, changes: Sequence[BulkChange]) -> BulkAnswer:
        """Raises PyMongoError."""
        if self._session is None:
            self._session = self._database.client.start_session()
        requests = [_request(change) for change in changes]
        try:
            self._database[table].bulk_write(requests, ordered=False, session=self._session)
        except BulkWriteError as error:
            return _answer(error.details or {})
        return BulkAnswer([])

    def close(self) -> None:
        if self._session is not None:
            self._session.end_session()
            self._session = None


class _Document(RawBSONDocument):
    def __bool__(self) -> bool:
        """The driver calls this. RawBSONDocument would decode itself for it: half the time of a write."""
        return True


def _request(change: BulkChange) -> Union[DeleteOne, ReplaceOne[Any]]:
    if change.document is None:
        return DeleteOne(change.filter)
    return ReplaceOne(change.filter, _Document(change.document), upsert=True)


def _answer(details: Mapping[str, Any]) -> BulkAnswer:
    refused = [
        Refusal(error["index"], int(error.get("code") or 0), server_message(error))
        for error in details.get("writeErrors", ())
    ]
    unconfirmed = [server_message(error) for error in details.get("writeConcernErrors", ())]
    return BulkAnswer(refused, unconfirmed[0] if unconfirmed else "")


def _joined(first: BulkAnswer, second: BulkAnswer, size: int) -> BulkAnswer:
    """The answers to two parts of a bulk write as one; the first part has `size` writes."""
    moved = [refusal._replace(place=refusal.place + size) for refusal in second.refused]
    return BulkAnswer([*first.refused, *moved], first.unconfirmed or second.unconfirmed)
