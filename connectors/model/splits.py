"""The contract between a split and the reader of a check that reads it.

A split is a part of a table that has a position: a Scan segment, a sample, chosen keys. It is built from its
saved position, does not depend on Flink, and is tested with values alone.
"""

from __future__ import annotations

from typing import Mapping, NamedTuple, Optional, Protocol

from connectors.model.records import Load


class Batch(NamedTuple):
    """The result of one read of a split."""

    loads: Mapping[int, Load]
    """What to emit, by lane. Empty if only the position has moved."""
    size: int
    """Bytes in memory; the reader limits their sum."""
    read: int = 0
    """Items or records read from the source, including those dropped."""
    done: bool = False
    """The split has been read to its end: `next_batch` is not called again."""


class Split(Protocol):
    """One thread at a time calls `next_batch`, which may block on the network."""

    split_id: str

    def next_batch(self) -> Optional[Batch]:
        """The result of one request, or None if there is nothing new.

        Retries transient errors for a bounded time, then raises TransientError. Raises TerminalError
        (including GapError) for errors that a retry cannot resolve.
        """
        ...

    def next_awake(self) -> float:
        """The `time.monotonic()` before which `next_batch` returns nothing new."""
        ...

    def snapshot(self) -> bytes:
        """The position after the last batch that `next_batch` returned."""
        ...

    def close(self) -> None:
        """May be called while another thread is in `next_batch`. The result of that call is discarded."""
        ...
