"""A target in memory."""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence, Tuple

from connectors.dynamodb.client import Client
from connectors.dynamodb.write.in_flight import SocketInFlight
from connectors.dynamodb.write.writer import IN_FLIGHT, BatchWriter
from connectors.model.dead_letters import DeadLetters
from connectors.model.writes import Write, WriteReport


class FakeWriter:
    """Items by table and body's key. `key_of` names the key that a body belongs to."""

    def __init__(self, key_of: Callable[[bytes], str] = bytes.decode) -> None:
        self.items: Dict[Tuple[str, str], bytes] = {}
        self.calls: List[List[Write]] = []
        self.fault: Optional[Exception] = None
        """Raised by the next call, which applies every other write before."""
        self.closed = False
        self._key_of = key_of

    def write(self, writes: Sequence[Write]) -> WriteReport:
        keys = [(write.table, self._key_of(write.body)) for write in writes]
        assert len(set(keys)) == len(keys), "a batch holds a key twice"
        fault, self.fault = self.fault, None
        for write in writes if fault is None else writes[::2]:
            self.apply(write)
        if fault is not None:
            raise fault
        self.calls.append(list(writes))
        return WriteReport(len(writes), sent_bytes=sum(len(write.body) for write in writes))

    def apply(self, write: Write) -> None:
        key = (write.table, self._key_of(write.body))
        if write.delete:
            self.items.pop(key, None)
        else:
            self.items[key] = write.body

    def close(self) -> None:
        self.closed = True


def writer_over(client: Client, dead_letters: DeadLetters, in_flight: int = IN_FLIGHT) -> BatchWriter:
    """With the client's own retry policy and no rate limit."""
    return BatchWriter(SocketInFlight(client), dead_letters, client.policy, in_flight)
