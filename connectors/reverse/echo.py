"""One transaction at a time: whether it is the forward job's own; see connectors.model.origin. Pure.

The mark may stand anywhere in it, so the changes are held back until its end, or until there are more of them
than the forward job ever writes at once.
"""

from __future__ import annotations

from typing import List, NamedTuple, Optional, Sequence

from connectors.model.lane_batch import Entry
from connectors.model.origin import MOST_CHANGES


class HeldChange(NamedTuple):
    table: str
    entries: Sequence[Entry]
    lsn: int


class HeldChanges:
    def __init__(self) -> None:
        self._changes: Optional[List[HeldChange]] = []
        """None: this transaction is nobody's echo."""
        self._rows = 0
        self.echo = False

    def begin(self) -> None:
        self._changes, self._rows, self.echo = [], 0, False

    def mark(self) -> None:
        """This transaction has the forward job's mark."""
        if self._changes is not None:
            self._changes, self.echo = [], True

    def add(self, change: HeldChange) -> List[HeldChange]:
        """The changes to hand over now."""
        if self._changes is None:
            return [change]
        self._rows += 1
        if self.echo:
            return []
        self._changes.append(change)
        return self.release() if self._rows > MOST_CHANGES else []

    def release(self) -> List[HeldChange]:
        """Whatever is held: at the transaction's end, or where it turns out not to be an echo."""
        if self.echo:
            return []
        changes, self._changes = self._changes or [], None
        return changes
