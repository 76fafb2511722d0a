"""What the writing thread of a slot counts, for the reader's step. One thread counts, another reads."""

from __future__ import annotations

from typing import Dict, List, Protocol, Tuple

_METRICS = {
    "streamed": ("read", "streamed"),
    "read_bytes": ("bytesRead",),
    "written": ("written",),
    "bytes": ("bytesWritten",),
    "dead": (),
}


class SlotCount:
    """The counters of one table since the start."""

    __slots__ = ("bytes", "dead", "read_bytes", "streamed", "written")

    def __init__(self) -> None:
        self.streamed = self.read_bytes = self.written = self.bytes = self.dead = 0

    def catch_up(self, other: SlotCount) -> List[Tuple[str, int]]:
        """Copy the other's numbers. Returns the increment of each, under the metric's name."""
        grown: List[Tuple[str, int]] = []
        for name, metrics in _METRICS.items():
            now = getattr(other, name)
            grown += [(metric, now - getattr(self, name)) for metric in metrics]
            setattr(self, name, now)
        return grown


class WriteCounts(Protocol):
    counts: Dict[str, SlotCount]
    """By table."""

    @property
    def retries(self) -> int: ...

    @property
    def throttles(self) -> int: ...
