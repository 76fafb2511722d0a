"""The contract between a worker and a target: requests in, durable writes out."""

from __future__ import annotations

from typing import Any, List, NamedTuple, Optional, Protocol, Sequence, Tuple

from connectors.base.errors import PolarshakeError
from connectors.model.writes import Write


class WriteRequest:
    """Writes that are sent together; no key twice.

    Copied items are kept as bodies: a request of them is sent without an object for each.
    """

    __slots__ = ("_writes", "bodies", "deletes", "origin", "owner", "table")

    def __init__(
        self,
        table: str,
        bodies: Sequence[bytes],
        origin: str,
        owner: Any = None,
        deletes: bool = False,
        writes: Optional[Tuple[Write, ...]] = None,
    ) -> None:
        """`table`: empty if `writes` belong to several tables. `deletes`: the bodies are keys to delete.
        `owner`: for the caller's use."""
        self.table, self.bodies, self.origin, self.owner = table, bodies, origin, owner
        self.deletes, self._writes = deletes, writes

    @staticmethod
    def of(writes: Tuple[Write, ...], owner: Any = None) -> WriteRequest:
        tables = {write.table for write in writes}
        return WriteRequest(tables.pop() if len(tables) == 1 else "", (), "", owner, writes=writes)

    @property
    def copies(self) -> bool:
        """Whether it contains bodies that have not been converted to writes."""
        return self._writes is None

    @property
    def writes(self) -> Tuple[Write, ...]:
        if self._writes is None:
            self._writes = tuple(Write(self.table, body, self.deletes, self.origin) for body in self.bodies)
        return self._writes

    @property
    def tables(self) -> List[str]:
        return [self.table] if self.table else sorted({write.table for write in self.writes})

    def __len__(self) -> int:
        return len(self.bodies) if self._writes is None else len(self._writes)


class Landed(NamedTuple):
    """Writes of a request that are durable now, in the target or as dead letters; or, with an error, writes
    that were given up."""

    request: WriteRequest
    landed: int
    """How many writes; 0: they were dropped."""
    size: int
    """Bytes of the bodies that are in the target."""
    dead: int = 0
    """How many of the writes are dead letters."""
    whole: bool = True
    """The whole request has landed."""
    writes: Sequence[Write] = ()
    """The writes, if the request was made of writes. A dead letter lands alone."""
    error: Optional[PolarshakeError] = None
    """The target refuses all writes of this table: none of these is in the target, and none will be sent
    again. `landed` and `size` are 0."""


class WritePipeline(Protocol):
    """Sends requests to the target without waiting for earlier ones. Used by one thread.

    A key is never in two requests at once. A write that fails transiently is sent again by the pipeline.
    """

    most: int
    """Maximum number of changes per request."""
    most_copies: int
    """Maximum number of copied items per request."""
    retries: int
    throttles: int

    def wait_for(self, table: str, now: float) -> float:
        """Seconds until a request with writes of this table may be sent; 0: now. NEVER: not before something
        has landed."""
        ...

    def mixes(self, table: str) -> bool:
        """Whether this table's writes may share a request with those of other tables."""
        ...

    def send(self, request: WriteRequest) -> None:
        """Raises TerminalError."""
        ...

    def landed(self, seconds: float) -> List[Landed]:
        """What has become durable; waits for it up to `seconds`. Raises TransientError if no write of a table
        has succeeded for too long, TerminalError for a fault that is neither transient nor one item's nor one
        table's."""
        ...

    def __len__(self) -> int:
        """How many requests have not landed completely."""
        ...

    def close(self) -> None:
        """Send nothing more. Wait up to ENDING_SECONDS for the answers of requests in flight, then abandon
        them."""
        ...


NEVER = float("inf")
ENDING_SECONDS = 10.0
"""The longest wait at the end for requests in flight: one that is abandoned may still be applied, later than
what the next worker writes by then."""
