"""Assembles whole transactions from a session's messages, for both protocol versions.

Protocol version 1 is the default; its messages are only passed on. The server sends only committed
transactions, one after the other in commit order, and keeps a large one on its own disk until then
(logical_decoding_work_mem). A transaction of 100,000 rows is emitted in parts as it arrives, since all of it
has committed. The position advances only at its Commit, so after a restart in the middle the server sends all
of it again.

Protocol version 2 with `streaming 'on'` sends a large transaction while it runs, interleaved with others.
Whether it commits is known only at its end, so its rows must be kept here. That saves the server's disk and
the time to send everything after the commit, but costs the worker's memory. So there is a limit: beyond it
the job stops and asks for version 1. Memory stays below the limit plus one message.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from connectors.base.errors import TerminalError
from connectors.postgres.pgoutput.messages import (
    Begin,
    Commit,
    LogicalMessage,
    Message,
    StreamAbort,
    StreamCommit,
    StreamStart,
    StreamStop,
)

LIMIT = 256 << 20
"""Bytes of messages of all transactions in progress. The server streams the largest one when all together
exceed 64 MB."""

OVERHEAD = 600
"""Bytes that a decoded message takes beyond its own length (measured: 240 to 570, the most where each comes
from a separate subtransaction): structs, lists and value objects."""


class TransactionTooLarge(TerminalError):
    def __init__(self, xid: int, held: int, limit: int) -> None:
        self.xid, self.held, self.limit = xid, held, limit
        super().__init__(
            f"transactions in progress take {held:,} bytes of the {limit:,} that may be kept; the last one "
            f"has xid {xid}. Use protocol version 1: the server then keeps them on its disk."
        )


class OutOfOrder(TerminalError):
    """The session's messages contradict each other."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"replication messages are out of order: {problem}. Restart the job: the slot sends them again."
        )


class _Part:
    """The messages of one transaction or subtransaction, each with its sequence number."""

    def __init__(self) -> None:
        self.size = 0
        self.messages: List[Tuple[int, Message]] = []


_Parts = Dict[int, _Part]
"""Parts by xid of the transaction or subtransaction: one that rolls back is dropped without a search through
the others, of which there may be many thousands."""


class Transactions:
    """Passes on committed transactions, in commit order. Each connection needs a new instance.

    The output is what protocol version 1 would have sent: Begin, the changes with their relations and
    origins, Commit. Changes of a streamed transaction keep their xid. Non-transactional messages of
    pg_logical_emit_message pass at once. With streaming, transactional ones of a rolled back subtransaction
    are passed on too: the server sends them with the xid of the whole transaction (measured on 15).
    """

    def __init__(self, limit: int = LIMIT) -> None:
        """`limit`: bytes that transactions in progress may take together."""
        self._limit = limit
        self._kept: Dict[int, _Parts] = {}
        self._held = self._number = 0
        self._stream: Optional[int] = None

    @property
    def held(self) -> int:
        """Bytes of transactions in progress."""
        return self._held

    def feed(self, message: Message, size: int) -> Sequence[Message]:
        """Take the session's next message. Returns the messages to process now. `size`: its length in bytes
        as received.

        Raises TransactionTooLarge, and OutOfOrder for a stream that PostgreSQL does not send.
        """
        step = _STEPS.get(type(message))
        if step is not None:
            return step(self, message)
        if self._stream is None:
            return (message,)
        if type(message) is LogicalMessage and not message.transactional:
            return (message,)
        self._keep(self._stream, message, size + OVERHEAD)
        return ()

    def _keep(self, stream: int, message: Message, size: int) -> None:
        xid = getattr(message, "xid", 0) or stream  # an Origin has none
        parts = self._kept[stream]
        part = parts.get(xid)
        if part is None:
            part = parts[xid] = _Part()
        self._number += 1
        part.messages.append((self._number, message))
        part.size += size
        self._held += size
        if self._held > self._limit:
            raise TransactionTooLarge(stream, self._held, self._limit)

    def _start(self, message: StreamStart) -> Tuple[Message, ...]:
        if self._stream is not None:
            raise OutOfOrder(f"a block of xid {message.xid} begins within one of xid {self._stream}")
        if message.first == (message.xid in self._kept):
            raise OutOfOrder(
                f"a block of xid {message.xid} is {'again' if message.first else 'not'} marked as the first"
            )
        self._kept.setdefault(message.xid, {})
        self._stream = message.xid
        return ()

    def _stop(self, message: StreamStop) -> Tuple[Message, ...]:
        if self._stream is None:
            raise OutOfOrder("a block ends without having begun")
        self._stream = None
        return ()

    def _commit(self, message: StreamCommit) -> Sequence[Message]:
        self._outside(f"xid {message.xid} commits")
        if message.xid not in self._kept:
            raise OutOfOrder(f"xid {message.xid} commits, but none of its messages was sent")
        parts = self._drop(message.xid).values()
        kept = sorted((numbered for part in parts for numbered in part.messages), key=itemgetter(0))
        begin = Begin(message.commit_lsn, message.timestamp, message.xid)
        commit = Commit(message.commit_lsn, message.end_lsn, message.timestamp)
        return [begin, *(change for _, change in kept), commit]

    def _abort(self, message: StreamAbort) -> Tuple[Message, ...]:
        self._outside(f"xid {message.subxid} rolls back")
        if message.subxid == message.xid:
            self._drop(message.xid)
        else:
            part = self._kept.get(message.xid, {}).pop(message.subxid, None)
            self._held -= part.size if part else 0
        return ()

    def _drop(self, xid: int) -> _Parts:
        parts = self._kept.pop(xid, {})
        self._held -= sum(part.size for part in parts.values())
        return parts

    def _outside(self, event: str) -> None:
        if self._stream is not None:
            raise OutOfOrder(f"{event} within a block of xid {self._stream}")


_STEPS: Dict[type, Callable[[Transactions, Any], Sequence[Message]]] = {
    StreamStart: Transactions._start,
    StreamStop: Transactions._stop,
    StreamCommit: Transactions._commit,
    StreamAbort: Transactions._abort,
}
