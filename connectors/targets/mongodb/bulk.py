"""One bulk write of one collection, and what came of each of its writes."""

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
    """Of the write among the changes."""
    code: int
    reason: str


class BulkAnswer(NamedTuple):
    refused: List[Refusal]
    unconfirmed: str = ""
    """Why a majority has not confirmed the others; empty when it has."""


class BulkCalls(Protocol):
    def write(self, table: str, changes: Sequence[BulkChange]) -> BulkAnswer:
        """In no order. Raises TransientError when nothing is known of the whole, TerminalError."""
        ...

    def close(self) -> None: ...


class MongoBulk(BulkCalls):
    """For one thread, in a session of its own.

    A write that outlived its connection and arrives late must not put an old document over a newer one. The
    server numbers a session's retryable writes and refuses a number below the last.

    A command that is refused as a whole for what one document holds is halved until that one is found.

    Puts and deletes are sent in bulk writes of their own. A bulk write of both kinds loses the deletes if its
    first attempt gets no connection, as when another thread has just lost one: PyMongo (4.20) then retries
    the puts alone, and reports that all is written.
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
                refused += [one._replace(place=places[one.place]) for one in answer.refused]
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
        """The driver asks, and RawBSONDocument would decode itself to answer: half of the time of a write."""
        return True


def _request(change: BulkChange) -> Union[DeleteOne, ReplaceOne[Any]]:
    if change.document is None:
        return DeleteOne(change.filter)
    return ReplaceOne(change.filter, _Document(change.document), upsert=True)


def _answer(details: Mapping[str, Any]) -> BulkAnswer:
    refused = [
        Refusal(one["index"], int(one.get("code") or 0), server_message(one))
        for one in details.get("writeErrors", ())
    ]
    unconfirmed = [server_message(one) for one in details.get("writeConcernErrors", ())]
    return BulkAnswer(refused, unconfirmed[0] if unconfirmed else "")


def _joined(first: BulkAnswer, second: BulkAnswer, size: int) -> BulkAnswer:
    """Of the two parts of a bulk write, `size` writes being in the first."""
    moved = [one._replace(place=one.place + size) for one in second.refused]
    return BulkAnswer([*first.refused, *moved], first.unconfirmed or second.unconfirmed)
