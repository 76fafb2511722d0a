"""Which letters are open. Pure.

1. Letters with the same identity are one letter, with the newest time.
2. A mark settles a letter up to a time. A letter that is stored later is open again: the target has rejected
   the same write once more.
3. Letters are grouped by table, operation and reason.
"""

from __future__ import annotations

from typing import Dict, Iterable, List, NamedTuple, Tuple

import msgspec

from connectors.model.stored_letters import StoredLetter


class Mark(msgspec.Struct, frozen=True):
    """A line of a file of marks."""

    letter: str
    """The letter's identity, in hexadecimal."""
    table: str
    until: float
    """Settles letters with a time of at most this: epoch seconds, the worker's clock."""
    settled: str
    """When, as ISO 8601."""
    by: str
    """USER@HOST."""
    report: str
    """The check's report, which found the key equal."""


class LedgerEntry(NamedTuple):
    letter: StoredLetter
    """The newest of those with this identity."""
    open: bool


class LetterGroup(NamedTuple):
    table: str
    op: str
    reason: str
    open: int
    settled: int
    first: float
    """Epoch seconds of the oldest letter."""
    last: float


def ledger(letters: Iterable[StoredLetter], marks: Iterable[Mark]) -> List[LedgerEntry]:
    """All letters in the order in which they were first stored."""
    newest: Dict[bytes, StoredLetter] = {}
    for letter in letters:
        identity = letter.identity
        if identity not in newest or newest[identity].time <= letter.time:
            newest[identity] = letter
    until: Dict[str, float] = {}
    for mark in marks:
        until[mark.letter] = max(mark.until, until.get(mark.letter, mark.until))
    return [
        LedgerEntry(letter, not letter.time <= until.get(identity.hex(), float("-inf")))
        for identity, letter in newest.items()
    ]


def grouped(entries: Iterable[LedgerEntry]) -> List[LetterGroup]:
    """The groups, those with the most open letters first."""
    groups: Dict[Tuple[str, str, str], List[LedgerEntry]] = {}
    for entry in entries:
        letter = entry.letter
        groups.setdefault((letter.table, letter.op, letter.reason), []).append(entry)
    made = [_group(name, members) for name, members in groups.items()]
    return sorted(made, key=lambda group: (-group.open, -group.settled, group[:3]))


def _group(name: Tuple[str, str, str], members: List[LedgerEntry]) -> LetterGroup:
    times = [entry.letter.time for entry in members]
    open_ = sum(entry.open for entry in members)
    return LetterGroup(*name, open_, len(members) - open_, min(times), max(times))
