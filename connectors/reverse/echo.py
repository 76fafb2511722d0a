"""Detects transactions that the forward job itself wrote; see connectors.model.origin. Pure.

1. The forward job writes a request of up to MOST_COVERED items with one put of the mark's row. PolarDB
   applies it as one transaction.
2. So a transaction is an echo if it contains exactly one such put and at most MOST_COVERED other changes.
3. Any other transaction is replicated, even with a mark: a larger one, one with several marks, or one that
   deletes marks.
4. The mark may be anywhere in the transaction. So the changes are held back until its end, or until there are
   more of them than a mark covers.
"""

from __future__ import annotations

from typing import List, NamedTuple, Sequence

from connectors.model.digests import Entry
from connectors.model.origin import MOST_CHANGES

MOST_COVERED = MOST_CHANGES - 1
"""The mark is one of the request's changes."""


class HeldChange(NamedTuple):
    table: str
    entries: Sequence[Entry]
    lsn: int


class HeldChanges:
    """The changes of one transaction that are held back."""

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
        """Returns the changes to pass on now."""
        if self._released:
            return [change]
        self._changes.append(change)
        return self._release() if len(self._changes) > MOST_COVERED else []

    def end(self) -> List[HeldChange]:
        """Returns the changes to pass on at the transaction's end."""
        return [] if self.echo else self._release()

    def release(self) -> List[HeldChange]:
        """Returns all held changes: the transaction contains something that the forward job never writes."""
        return self._release()

    @property
    def echo(self) -> bool:
        """Whether the forward job wrote the transaction, as far as it has been read."""
        return self._marks == 1 and not self._released and bool(self._changes)

    def _release(self) -> List[HeldChange]:
        changes, self._changes, self._released = self._changes, [], True
        return changes
