"""Storage of writes that the target rejects permanently: they are not lost and do not block other writes."""

from __future__ import annotations

import base64
import os
import socket
import threading
import time
import uuid
from typing import Callable, NamedTuple, Protocol, Sequence

import msgspec

from connectors.base.errors import PolarshakeError, TerminalError, TransientError
from connectors.model.writes import Write
from connectors.storage.contract import Storage

STEM = "dead-"
"""Prefix of the names of all objects that contain dead letters."""


class DeadLetter(NamedTuple):
    write: Write
    reason: str
    """The target's error message."""


class DeadLetters(Protocol):
    def add(self, letters: Sequence[DeadLetter]) -> None:
        """Return when the letters are durable, because the source may discard the changes afterwards.

        Raises TerminalError.
        """
        ...

    def close(self) -> None: ...


class NoDeadLetters(DeadLetters):
    """Used if no place is configured: the first rejected item stops the job."""

    def add(self, letters: Sequence[DeadLetter]) -> None:
        for letter in letters:
            raise TerminalError(
                f"table {letter.write.table}: the target rejects an item permanently: {letter.reason} "
                f"({letter.write.provenance}). "
                "Set deadLetter.path to store such items there and continue."
            )

    def close(self) -> None:
        pass


class Ignored(DeadLetters):
    """Used for writes that the source can repeat. The caller counts rejected writes."""

    def add(self, letters: Sequence[DeadLetter]) -> None:
        pass

    def close(self) -> None:
        pass


class StoredDeadLetters(DeadLetters):
    """JSON lines `{"time", "table", "op", "item" or "key", "reason", "origin"}`, one log per process.

    `time` is epoch seconds; `op` is put or delete; `item` and `key` are DynamoDB JSON as received. A body
    that is not JSON, or is nested too deeply, is stored as base64 in `base64`. After a replay a letter may
    occur twice. Each process starts a new log, so a restart never changes earlier letters.
    """

    def __init__(self, storage: Storage, clock: Callable[[], float] = time.time) -> None:
        self._storage, self._clock = storage, clock
        self._lock = threading.Lock()
        self._log = storage.log(f"{STEM}{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:12]}")

    def add(self, letters: Sequence[DeadLetter]) -> None:
        """Store letters. Raises TerminalError, or TransientError if a retry may succeed."""
        if not letters:
            return
        now = self._clock()
        lines = b"".join(line_of(letter, now) for letter in letters)
        with self._lock:
            try:
                self._log.append(lines)
            except PolarshakeError as error:
                kind = TransientError if isinstance(error, TransientError) else TerminalError
                raise kind(
                    f"dead letters cannot be stored: {error}. Nothing is lost: the job stops here and "
                    f"repeats these writes when {self._storage.place} is writable again."
                ) from error

    def close(self) -> None:
        with self._lock:
            self._log.close()


def line_of(letter: DeadLetter, now: float) -> bytes:
    """Format one line. The body is embedded unchanged, so that no digit or byte is altered."""
    write = letter.write
    name, body = ("key" if write.delete else "item"), write.body
    try:
        msgspec.json.decode(body)
        # A line break outside a string is white space; inside a string JSON does not allow it.
        body = body.replace(b"\r", b" ").replace(b"\n", b" ")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        name, body = "base64", b'"' + base64.b64encode(body) + b'"'
    head = {"time": now, "table": write.table, "op": "delete" if write.delete else "put"}
    tail = {"reason": letter.reason, "origin": write.provenance}
    encode = msgspec.json.encode
    return encode(head)[:-1] + b',"' + name.encode() + b'":' + body + b"," + encode(tail)[1:] + b"\n"
