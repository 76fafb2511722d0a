"""The contract between a lane and a target."""

from __future__ import annotations

from typing import NamedTuple, Protocol, Sequence


class Write(NamedTuple):
    """The last change of one key. A batch of writes never contains a key twice."""

    table: str
    body: bytes
    """The whole item as DynamoDB JSON, or the key attributes alone for a delete."""
    delete: bool
    provenance: str
    """Description of its source, for a dead letter."""
    change: bool = False
    """Whether it is a change made while the job is running, and not a copied item."""


class WriteReport(NamedTuple):
    """The result of a call to `write`. `written + dead == len(writes)`."""

    written: int = 0
    dead: int = 0
    retries: int = 0
    throttles: int = 0
    sent_bytes: int = 0
    refused: Sequence[Write] = ()
    """The dead writes: the objects that were passed to `write`."""


class Writer(Protocol):
    def write(self, writes: Sequence[Write]) -> WriteReport:
        """Return when every write is durable in the target or in the dead-letter store.

        Raises TransientError when a retryable fault outlasts the bound, TerminalError when the fault is
        neither transient nor one item's own; in both cases some writes may have been applied.
        """
        ...

    def close(self) -> None: ...
