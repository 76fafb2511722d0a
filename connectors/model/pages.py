"""The contract between a split and the worker that reads it.

A split is a part of a source that has a position: a Scan segment, a stream's shard. It is built from its
saved position, does not depend on Flink, and is tested with values alone.
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Protocol, Sequence

from connectors.model.digests import Entry


class ReadPage(NamedTuple):
    """The result of one read of a split."""

    position: bytes
    """After it."""
    size: int
    """Bytes in memory."""
    read: int = 0
    """Items or records read from the source, including those left out."""
    bodies: Sequence[bytes] = ()
    """Copied items, or keys to delete in the target. No key twice in a split."""
    deletes: bool = False
    """The bodies are keys to delete."""
    changes: Sequence[Entry] = ()
    """Changes in their order."""
    done: bool = False
    """The split has been read to its end."""
    horizon: Optional[float] = None
    """Streams only: every change made before this time (epoch seconds, the service's clock) is in this page
    or an earlier page of the split."""
    origin: str = ""
    """Description of the page, for dead letters."""


class ReadSplit(Protocol):
    """A part of a source that has a position: a Scan segment, a stream's shard."""

    split_id: str

    def next_page(self) -> Optional[ReadPage]:
        """The result of one request, or None if there is nothing new. One thread at a time calls it.

        Retries transient errors for a bounded time, then raises TransientError. Raises TerminalError
        (including GapError) for errors that a retry cannot resolve.
        """
        ...

    def next_awake(self) -> float:
        """The `time.monotonic()` before which `next_page` returns nothing new."""
        ...

    def close(self) -> None:
        """May be called while another thread is in `next_page`. The result of that call is discarded."""
        ...
