"""The contract between a piece of a source and the runtime that reads it.

A split is one Scan segment, one stream shard, one replication slot: something with a position. It is
built from its saved position, knows nothing of Flink, and is tested with values alone.
"""

from __future__ import annotations

from typing import Mapping, NamedTuple, Optional, Protocol

from connectors.model.records import Load


class Batch(NamedTuple):
    """What one step of a split brought in."""

    loads: Mapping[int, Load]
    """What to emit, by lane. Empty for a step that only moved the position."""
    size: int
    """Bytes it holds in memory; the runtime bounds its queues by their sum."""
    read: int = 0
    """Items or records read from the source, before any were dropped."""
    done: bool = False
    """The split has been read to its end: `next_batch` is not called again."""
    horizon: Optional[float] = None
    """Streams only: every change made before this time (epoch seconds, the service's clock) stands in
    this batch or an earlier one of this split."""


class Split(Protocol):
    """One thread at a time calls `next_batch`, which may block on the network."""

    split_id: str

    def next_batch(self) -> Optional[Batch]:
        """One request's worth, or None when there was nothing new.

        Retries what is transient within a bounded time, then raises TransientError; raises
        TerminalError (GapError among them) for what no retry can mend.
        """
        ...

    def next_awake(self) -> float:
        """`time.monotonic()` before which calling `next_batch` again is useless."""
        ...

    def snapshot(self) -> bytes:
        """The position after the last batch that `next_batch` returned."""
        ...

    def close(self) -> None:
        """May come while another thread is in `next_batch`; what that still brings is thrown away."""
        ...
