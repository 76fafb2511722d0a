"""One transaction at a time: whether it is the forward job's own; see connectors.model.origin. Pure.

The forward job writes a request of up to MOST_COVERED items with one put of the mark's row, and PolarDB
applies it as one transaction. So a transaction is an echo when it holds exactly one such put and no more
changes than that. Whatever else stands in a transaction with the mark is somebody else's work: a larger
transaction, one with several marks, or one that deletes marks, is replicated like any other.

The mark may stand anywhere in it, so the changes are held back until its end, or until there are more of them
than a mark covers.
"""

from __future__ import annotations

from typing import List, NamedTuple, Sequence

from connectors.model.lane_batch import Entry
from connectors.model.origin import MOST_CHANGES

MOST_COVERED = MOST_CHANGES - 1
"""The mark takes one place of the request."""


class HeldChange(NamedTuple):
    table: str
    entries: Sequence[Entry]
    lsn: int


class HeldChanges:
    def __init__(self) -> None:
        self._changes: List[HeldChange] = []
        self._marks = 0
        self._released = False

    def begin(self) -> None:
        self._changes, self._marks, self._released = [], 0, False

    def mark(self) -> None:
        """A put of the mark's row."""
        self._marks += 1

    def add(self, change: HeldChange) -> List[HeldChange]:
        """The changes to hand over now."""
        if self._released:
            return [change]
        self._changes.append(change)
        return self._release() if len(self._changes) > MOST_COVERED else []

    def end(self) -> List[HeldChange]:
        """The changes to hand over at the transaction's end."""
        return [] if self.echo else self._release()

    def release(self) -> List[HeldChange]:
        """Whatever is held: the transaction holds something that the forward job never writes."""
        return self._release()

    @property
    def echo(self) -> bool:
        """As far as the transaction has been seen, it is the forward job's own."""
        return self._marks == 1 and not self._released and bool(self._changes)

    def _release(self) -> List[HeldChange]:
        changes, self._changes, self._released = self._changes, [], True
        return changes
