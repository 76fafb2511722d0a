"""A replication stream's bytes, both ways, over a connection of psycopg2.

psycopg2's own replication cursor cannot be used: at a keepalive it moves the flush position it reports by
itself, to the keepalive's position, whenever the position last given to it is not below the start of the
message last received (2.9, pq_read_replication_message). A transaction's changes carry positions from before
its commit, so in the middle of one this reports as durable whatever was received before it, written or not.
Here the three calls of libpq are made directly; psycopg2 gives out its connection for that (`pgconn_ptr`).
"""

from __future__ import annotations

import ctypes
import select
from functools import cache
from typing import Any, Optional

import psycopg2

from connectors.base.errors import TransientError


@cache
def _libpq() -> Any:
    """The libpq that psycopg2 itself is linked to: looked up through its extension module.

    PyDLL keeps the interpreter lock, which is cheaper than to give it away for microseconds; the
    connection is set not to block.
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
        ("PQclear", None, [pointer]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class CopyBoth:
    """One thread's. `connection` is in copy-both mode: START_REPLICATION has been answered."""

    def __init__(self, connection: Any) -> None:
        self._connection, self._libpq = connection, _libpq()
        self._pointer = ctypes.c_void_p(connection.pgconn_ptr)
        self._buffer = ctypes.c_void_p()
        self._by_reference = ctypes.byref(self._buffer)
        self._libpq.PQsetnonblocking(self._pointer, 1)
        self._poll = select.poll()  # select takes no descriptor above 1023
        self._poll.register(connection.fileno(), select.POLLIN)

    def read(self) -> Optional[bytes]:
        """The next message, None when none has arrived whole. Raises TransientError when the stream ended."""
        length = self._libpq.PQgetCopyData(self._pointer, self._by_reference, 1)
        if length == 0:
            if not self._libpq.PQconsumeInput(self._pointer):
                raise self._lost(self._libpq.PQerrorMessage(self._pointer))
            length = self._libpq.PQgetCopyData(self._pointer, self._by_reference, 1)
        if length > 0:
            message = ctypes.string_at(self._buffer, length)
            self._libpq.PQfreemem(self._buffer)
            return message
        if length == 0:
            return None
        raise self._lost(self._ending() if length == -1 else self._libpq.PQerrorMessage(self._pointer))

    def send(self, message: bytes) -> None:
        """Raises TransientError."""
        sent = self._libpq.PQputCopyData(self._pointer, message, len(message))
        if sent < 0 or self._libpq.PQflush(self._pointer) < 0:
            raise self._lost(self._libpq.PQerrorMessage(self._pointer))

    def wait(self, seconds: float) -> None:
        """Until something has arrived, or this time is over."""
        self._poll.poll(seconds * 1000)

    def close(self) -> None:
        self._connection.close()

    def _ending(self) -> bytes:
        """Why the server ended the stream."""
        result = self._libpq.PQgetResult(self._pointer)
        if not result:
            return b""
        message: bytes = self._libpq.PQresultErrorMessage(result) or b""
        self._libpq.PQclear(result)
        return message

    def _lost(self, message: Optional[bytes]) -> TransientError:
        reason = (message or b"").decode("utf-8", "replace").strip() or "the server ended it"
        return TransientError(f"replication stream: {reason}")
