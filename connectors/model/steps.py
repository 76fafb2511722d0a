"""The steps of a table's copy. Scan and stream of one table are never written at the same time.

A step is an increasing number; `number % 4` is its kind:

SCAN         segments are read and written; the stream is not
SCAN_HALT    nothing is read; what was read is being written
FOLLOW       the stream is read and written; segments are not
FOLLOW_HALT  nothing is read; what was read is being written

A table alternates between SCAN and FOLLOW until its scan is complete, and then stays in FOLLOW. It begins at
BEFORE, which is a FOLLOW_HALT. docs/how-it-works.md proves that nothing is lost.
"""

from __future__ import annotations

import enum

import msgspec


class StepKind(enum.IntEnum):
    SCAN = 0
    SCAN_HALT = 1
    FOLLOW = 2
    FOLLOW_HALT = 3


BEFORE = -1
"""Shards and segments may be assigned; nothing is read yet."""
FIRST_SCAN = 0
FIRST_FOLLOW = 2


def kind_of(step: int) -> StepKind:
    return StepKind(step % 4)


class TableFact(msgspec.Struct, frozen=True, array_like=True):
    """What one worker slot reports about one table."""

    generation: int
    step: int
    """The step that the slot has reached: nothing of an earlier step is unwritten."""
    complete: bool
    """In SCAN and SCAN_HALT: no segment is left here. In FOLLOW: the stream has been caught up with."""


class TableFault(msgspec.Struct, frozen=True, array_like=True):
    """A terminal error of one table, found by a worker slot or by the enumerator itself."""

    table: str
    generation: int
    hold: int
    """The table's hold when the error was found; see is_held."""
    kind: int
    """A FaultKind."""
    reason: str


def is_held(hold: int) -> bool:
    """Whether a table with this hold is suspended: nothing of it is read or written.

    A hold is a number that grows: by one when the table is suspended, and by one when it goes on. An error
    that was found under an earlier hold has been dealt with.
    """
    return hold % 2 == 1


def suspension_number(hold: int) -> int:
    """How often the table has been suspended."""
    return (hold + 1) // 2
