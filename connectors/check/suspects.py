"""Suspects: keys whose fingerprints differ, in a lane's memory and in its state.

State entries: `s/<table>/<digest>`, one for each key. The entry of a key that was found equal is removed;
that of a confirmed difference, and of a key that only follows, stays until the job ends.
"""

from __future__ import annotations

import heapq
from typing import Dict, Iterator, List, Optional, Tuple

import msgspec

from connectors.check.chunks import FingerprintRun
from connectors.check.convergence import SuspectHistory
from connectors.model.state import Changed

ENTRY = "s/"
Name = Tuple[str, bytes]
"""Table and digest of the key."""


class Suspect(msgspec.Struct, array_like=True):
    """A key that may differ, in one of three states:

    1. Its key is unknown, and `runs` contains the ranges in which it can be found.
    2. Its key is known, and it is read again.
    3. It is confirmed: `line` is final.
    """

    table: str
    digest: bytes
    runs: List[FingerprintRun] = []
    """The ranges in which the key can be found, in the order in which they are read."""
    key: bytes = b""
    """The key as DynamoDB JSON; empty while it is unknown."""
    chosen: bool = False
    """The key was chosen or sampled, so nothing suggests yet that it differs."""
    first_seen: float = 0.0
    """Epoch seconds."""
    watch: SuspectHistory = SuspectHistory()
    repairs: int = 0
    """Number of times that a repair has written it to the target."""
    draft: bytes = b""
    """Its line of the report from before the repair."""
    line: bytes = b""
    """Its final line of the report; empty while it is open."""
    follows: bool = False
    """It was settled without being found equal."""

    @property
    def name(self) -> Name:
        return self.table, self.digest

    @property
    def entry(self) -> str:
        return f"{ENTRY}{self.table}/{self.digest.hex()}"


_decode = msgspec.msgpack.Decoder(Suspect).decode


class Suspects:
    """The suspects of all tables of a lane. Each open suspect is either due at some time, or being
    processed."""

    def __init__(self) -> None:
        self._all: Dict[Name, Suspect] = {}
        self._due: List[Tuple[float, Name]] = []
        self._open: Dict[str, int] = {}

    def restore(self, value: bytes) -> None:
        suspect = _decode(value)
        # Another process wrote it, whose monotonic clock has no meaning here. The difference must persist
        # again.
        suspect.watch = SuspectHistory()
        self._all[suspect.name] = suspect
        if not (suspect.line or suspect.follows):
            self._begin(suspect)

    def add(self, suspect: Suspect, changed: Changed) -> bool:
        """Add a suspect. Returns False if its key is already one."""
        if suspect.name in self._all:
            return False
        self._all[suspect.name] = suspect
        self._begin(suspect)
        self.keep(suspect, changed)
        return True

    def keep(self, suspect: Suspect, changed: Changed) -> None:
        changed.put(suspect.entry, msgspec.msgpack.encode(suspect))

    def again(self, suspect: Suspect, at: float) -> None:
        """Make the suspect due at this time (monotonic seconds)."""
        heapq.heappush(self._due, (at, suspect.name))

    def close(self, suspect: Suspect, changed: Changed) -> None:
        """Stop reading a suspect, because it is settled or its line is final."""
        self._open[suspect.table] -= 1
        if suspect.line or suspect.follows:
            self.keep(suspect, changed)
        else:
            del self._all[suspect.name]
            changed.remove(suspect.entry)

    def take(self, now: float, most: int) -> List[Suspect]:
        """Up to `most` suspects that are due, all of one table and in the same state: key unknown, or key
        known."""
        taken: List[Suspect] = []
        while self._due and self._due[0][0] <= now and len(taken) < most:
            suspect = self._all[self._due[0][1]]
            if taken and (suspect.table, bool(suspect.key)) != (taken[0].table, bool(taken[0].key)):
                break
            heapq.heappop(self._due)
            taken.append(suspect)
        return taken

    def next_due(self) -> Optional[float]:
        return self._due[0][0] if self._due else None

    def open(self, table: str) -> int:
        return self._open.get(table, 0)

    def confirmed(self) -> Iterator[Suspect]:
        return (suspect for suspect in self._all.values() if suspect.line)

    def following(self) -> Iterator[Suspect]:
        return (suspect for suspect in self._all.values() if suspect.follows)

    def _begin(self, suspect: Suspect) -> None:
        self._open[suspect.table] = self.open(suspect.table) + 1
        self.again(suspect, 0.0)
