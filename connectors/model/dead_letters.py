"""Storage of writes that the target rejects permanently: they are not lost and do not block other writes."""

from __future__ import annotations

import base64
import os
import socket
import threading
import time
import uuid
from pathlib import Path
from typing import Callable, NamedTuple, Optional, Protocol, Sequence

import msgspec

from connectors.base import durable
from connectors.base.errors import TerminalError
from connectors.model.writes import Write


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
    """Used if no folder is configured: the first rejected item stops the job."""

    def add(self, letters: Sequence[DeadLetter]) -> None:
        for letter in letters:
            raise TerminalError(
                f"table {letter.write.table}: the target rejects an item permanently: {letter.reason} "
                f"({letter.write.provenance}). "
                "Set deadLetter.path to a folder to store such items there and continue."
            )

    def close(self) -> None:
        pass


class Ignored(DeadLetters):
    """Used for writes that the source can repeat. The caller counts rejected writes."""

    def add(self, letters: Sequence[DeadLetter]) -> None:
        pass

    def close(self) -> None:
        pass


class FileDeadLetters(DeadLetters):
    """JSON lines `{"time", "table", "op", "item" or "key", "reason", "origin"}`, one file per process.

    `time` is epoch seconds; `op` is put or delete; `item` and `key` are DynamoDB JSON as received. A body
    that is not JSON, or is nested too deeply, is stored as base64 in `base64`. After a replay a letter may
    occur twice. Each process starts a new file, so a restart never changes earlier letters.
    """

    def __init__(self, directory: str, clock: Callable[[], float] = time.time) -> None:
        """Raises PreflightError if `directory` cannot be created or written to."""
        self._directory = Path(directory)
        self._clock = clock
        self._lock = threading.Lock()
        self._file: Optional[int] = None
        durable.make_folder(self._directory, "dead letters")

    def add(self, letters: Sequence[DeadLetter]) -> None:
        if not letters:
            return
        now = self._clock()
        lines = b"".join(line_of(letter, now) for letter in letters)
        with self._lock:
            try:
                if self._file is None:
                    self._file = self._create()
                durable.append(self._file, lines)
            except OSError as error:
                raise TerminalError(
                    f"dead letters cannot be stored in {self._directory}: {error.strerror}. Nothing is lost: "
                    f"the job stops here and repeats these writes when the directory is writable again."
                ) from error

    def _create(self) -> int:
        name = f"dead-{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:12]}.jsonl"
        return durable.open_to_append(self._directory / name)

    def close(self) -> None:
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None


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
