"""The bytes of a replication stream, in both directions, over a psycopg2 connection.

psycopg2's own replication cursor cannot be used. At a keepalive it advances the flush position by itself to
the keepalive's position, whenever the position last passed to it is not below the start of the last received
message (2.9, pq_read_replication_message). A transaction's changes have positions from before its commit. So
in the middle of a transaction, the cursor reports everything received before it as durable, written or not.
This module makes the three libpq calls directly; psycopg2 exposes its connection for that (`pgconn_ptr`).

PostgreSQL cannot send a change that is older than its publication. Up to version 17 it sends an error.
Version 18 sends a warning, omits the change, and continues. So this module also reads warnings, by their
SQLSTATE."""

from __future__ import annotations

import ctypes
import select
from functools import cache
from typing import Any, Optional

import psycopg2

from connectors.base.errors import PolarshakeError, TerminalError, TransientError

_NOTICE_RECEIVER = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
"""Gets the argument of PQsetNoticeReceiver, and the notice as a result of libpq."""


@cache
def _libpq() -> Any:
    """The libpq that psycopg2 is linked to, looked up through its extension module.

    PyDLL keeps the interpreter lock, which is cheaper than releasing it for microseconds; the connection is
    non-blocking.
    """
    library = ctypes.PyDLL(psycopg2._psycopg.__file__)
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    for name, result, arguments in (
        ("PQsetnonblocking", ctypes.c_int, [pointer, ctypes.c_int]),
        ("PQgetCopyData", ctypes.c_int, [pointer, ctypes.POINTER(pointer), ctypes.c_int]),
        ("PQputCopyData", ctypes.c_int, [pointer, text, ctypes.c_int]),
        ("PQflush", ctypes.c_int, [pointer]),
        ("PQconsumeInput", ctypes.c_int, [pointer]),
        ("PQfreemem", None, [pointer]),
        ("PQerrorMessage", text, [pointer]),
        ("PQgetResult", pointer, [pointer]),
        ("PQresultErrorMessage", text, [pointer]),
        ("PQresultErrorField", text, [pointer, ctypes.c_int]),
        ("PQclear", None, [pointer]),
        ("PQsetNoticeReceiver", pointer, [pointer, _NOTICE_RECEIVER, pointer]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


_SQLSTATE = ord("C")
_UNDEFINED_OBJECT = "42704"
_NOT_IN_PREREQUISITE_STATE = "55000"
"""Of the warning "skipped loading publication"; the only one with this code while changes are sent."""
_OLDER = (
    "The slot's next changes are older than its publication, which was created, or created again, after "
    "them; PostgreSQL cannot send them. Either create the slot again, which omits all earlier changes "
    "(python -m jobs.reverse --teardown, then --setup), and copy the tables in full; or, if those changes "
    "are known to be in DynamoDB, move the slot past them with pg_replication_slot_advance"
)


class CopyBoth:
    """Used by one thread. `connection` is in copy-both mode: START_REPLICATION has been answered."""

    def __init__(self, connection: Any) -> None:
        self._connection, self._libpq = connection, _libpq()
        self._pointer = ctypes.c_void_p(connection.pgconn_ptr)
        self._buffer = ctypes.c_void_p()
        self._by_reference = ctypes.byref(self._buffer)
        self._omitted = ""
        self._receiver = _NOTICE_RECEIVER(self._notice)  # libpq does not keep it alive
        self._libpq.PQsetNoticeReceiver(self._pointer, self._receiver, None)
        self._libpq.PQsetnonblocking(self._pointer, 1)
        self._poll = select.poll()  # select does not accept descriptors above 1023
        self._poll.register(connection.fileno(), select.POLLIN)

    def read(self) -> Optional[bytes]:
        """The next message, or None while none has arrived completely. Raises TransientError when the stream
        ended, TerminalError when it would end at the same place again."""
        length = self._libpq.PQgetCopyData(self._pointer, self._by_reference, 1)
        if length == 0:
            if not self._libpq.PQconsumeInput(self._pointer):
                raise self._lost(self._libpq.PQerrorMessage(self._pointer))
            length = self._libpq.PQgetCopyData(self._pointer, self._by_reference, 1)
        if self._omitted:
            raise TerminalError(f"replication stream: {self._omitted}. {_OLDER}")
        if length > 0:
            message = ctypes.string_at(self._buffer, length)
            self._libpq.PQfreemem(self._buffer)
            return message
        if length == 0:
            return None
        raise self._ended() if length == -1 else self._lost(self._libpq.PQerrorMessage(self._pointer))

    def send(self, message: bytes) -> None:
        """Raises TransientError."""
        sent = self._libpq.PQputCopyData(self._pointer, message, len(message))
        if sent < 0 or self._libpq.PQflush(self._pointer) < 0:
            raise self._lost(self._libpq.PQerrorMessage(self._pointer))

    def wait(self, seconds: float) -> None:
        """Wait until something has arrived, at most `seconds`."""
        self._poll.poll(seconds * 1000)

    def close(self) -> None:
        self._connection.close()

    def _notice(self, argument: Optional[int], result: int) -> None:
        """Called by libpq, within one of its functions. Must not raise: the exception would be lost."""
        if self._code(result) == _NOT_IN_PREREQUISITE_STATE:
            self._omitted = _text(self._libpq.PQresultErrorMessage(result))

    def _code(self, result: int) -> str:
        return (self._libpq.PQresultErrorField(result, _SQLSTATE) or b"").decode("ascii", "replace")

    def _ended(self) -> PolarshakeError:
        """Why the server ended the stream."""
        result = self._libpq.PQgetResult(self._pointer)
        if not result:
            return self._lost(b"")
        lost, code = self._lost(self._libpq.PQresultErrorMessage(result)), self._code(result)
        self._libpq.PQclear(result)
        return TerminalError(f"{lost}. {_OLDER}") if code == _UNDEFINED_OBJECT else lost

    def _lost(self, message: Optional[bytes]) -> TransientError:
        reason = _text(message) or "the server ended the connection"
        return TransientError(f"replication stream: {reason}")


def _text(message: Optional[bytes]) -> str:
    """A message of libpq in one line."""
    return " ".join((message or b"").decode("utf-8", "replace").split())
