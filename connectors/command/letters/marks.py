"""The marks of settled letters: objects `settled-TIME-ID.jsonl` next to the letters, which never change."""

from __future__ import annotations

import time
import uuid
from typing import Callable, Iterator, List, Sequence

import msgspec

from connectors.command.letters.ledger import Mark
from connectors.storage.contract import Storage

SETTLED = "settled-"
"""Prefix of the names of all objects that contain marks."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Mark).decode


def stored_marks(storage: Storage) -> Iterator[Mark]:
    """Raises TerminalError or TransientError if the storage cannot be read."""
    for name in storage.names(SETTLED):
        for line in storage.lines(name):
            try:
                yield _decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                continue  # a file of another program


def store_marks(storage: Storage, marks: Sequence[Mark], clock: Callable[[], float] = time.time) -> None:
    """Durable on return. Raises TerminalError or TransientError."""
    lines: List[bytes] = [_encode(mark) + b"\n" for mark in marks]
    if lines:
        storage.write(f"{SETTLED}{int(clock())}-{uuid.uuid4().hex[:8]}.jsonl", lines)
