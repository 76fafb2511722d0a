"""The messages that carry pgoutput's: PostgreSQL manual, "Streaming Replication Protocol". Pure."""

from __future__ import annotations

import struct
from typing import NamedTuple, Union

from connectors.base.errors import TerminalError
from connectors.postgres.pgoutput.lsn import EPOCH_2000
from connectors.postgres.replication.inbox import Data, Keepalive

_DATA, _KEEPALIVE = b"w"[0], b"k"[0]
_data_head = struct.Struct(">cQQq")
_keepalive = struct.Struct(">cQqB")
_feedback = struct.Struct(">cQQQqB")


class Question(NamedTuple):
    """A keepalive that requests an immediate reply."""

    keepalive: Keepalive


def decode(message: bytes) -> Union[Data, Keepalive, Question]:
    """Decode a message. Raises TerminalError for one that PostgreSQL does not send."""
    try:
        if message[0] == _DATA:
            return Data(_data_head.unpack_from(message)[1], message[_data_head.size :])
        if message[0] == _KEEPALIVE:
            _, wal_end, sent_at, wants_answer = _keepalive.unpack(message)
            keepalive = Keepalive(wal_end, sent_at)
            return Question(keepalive) if wants_answer else keepalive
    except (struct.error, IndexError):
        pass
    raise TerminalError(f"replication stream: a message of {len(message)} bytes cannot be understood")


def feedback(confirmed: int, ask: bool, now: float) -> bytes:
    """Standby status update. `confirmed`: the server may forget all changes before it; 0 leaves that
    unchanged. `ask` requests a keepalive as a reply. `now` is epoch seconds."""
    sent_at = int((now - EPOCH_2000) * 1_000_000)
    return _feedback.pack(b"r", confirmed, confirmed, confirmed, sent_at, ask)
