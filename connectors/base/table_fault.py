"""What can go wrong with one table while the others go on, in words for the user. Pure."""

from __future__ import annotations

import enum
from typing import Dict, NamedTuple

from connectors.base.errors import PreflightError


class FaultKind(enum.IntEnum):
    """Shown as a metric and kept in savepoints: numbers are added, never changed."""

    OTHER = 1
    SOURCE_GONE = 2
    SOURCE_DENIED = 3
    STREAM_UNFIT = 4
    GAP = 5
    TARGET_REFUSES = 6
    TARGET_DIFFERS = 7
    TARGET_GONE = 8
    TARGET_DENIED = 9
    RELEASED = 10
    COMMAND = 11
    HANDED_OVER = 12

    @property
    def incomplete(self) -> bool:
        """Once the copy has begun, only a new copy of the table makes it complete again."""
        return self in _INCOMPLETE

    @property
    def words(self) -> FaultWords:
        return _WORDS[self]


class FaultWords(NamedTuple):
    reason: str
    advice: str
    """What to do before the table is resumed, copied again or released."""


class TableError(PreflightError):
    """One table cannot be moved; the others can."""

    def __init__(self, table: str, kind: FaultKind, problem: str) -> None:
        """`problem`: a sentence with advice, without the table's name."""
        self.table, self.kind = table, kind
        super().__init__(f"table {table}: {problem}")


_INCOMPLETE = frozenset((FaultKind.SOURCE_GONE, FaultKind.GAP, FaultKind.TARGET_GONE, FaultKind.RELEASED))

_WORDS: Dict[FaultKind, FaultWords] = {
    FaultKind.OTHER: FaultWords(
        "an error that a retry cannot resolve; the job's log has its text",
        "Correct what the log names.",
    ),
    FaultKind.SOURCE_GONE: FaultWords(
        "the table no longer exists at the source",
        "If it was deleted for good, release it. If it was created again, copy it again.",
    ),
    FaultKind.SOURCE_DENIED: FaultWords(
        "the source denies access to the table or its stream",
        "Allow the action that the job's log names to the credentials of the source.",
    ),
    FaultKind.STREAM_UNFIT: FaultWords(
        "the table's stream is missing, cannot be enabled, or does not contain the new items",
        "Enable a stream with NEW_AND_OLD_IMAGES.",
    ),
    FaultKind.GAP: FaultWords(
        "changes left the stream before they were read, so the copy is incomplete",
        "Copy it again.",
    ),
    FaultKind.TARGET_REFUSES: FaultWords(
        "the target refuses to create or describe the table",
        "Correct what the job's log names, or create the table at the target yourself.",
    ),
    FaultKind.TARGET_DIFFERS: FaultWords(
        "the target's table of that name cannot hold the items: it has another key, or must not be used",
        "Drop or rename the target's table, then resume.",
    ),
    FaultKind.TARGET_GONE: FaultWords(
        "the target's table was dropped, or dropped and created again, so the copy is incomplete",
        "Copy it again.",
    ),
    FaultKind.TARGET_DENIED: FaultWords(
        "the target denies access to the table",
        "Allow the action that the job's log names to the credentials of the target.",
    ),
    FaultKind.RELEASED: FaultWords(
        "the table was released earlier, so the copy is incomplete; now the settings include it again",
        "Copy it again, or leave it out.",
    ),
    FaultKind.COMMAND: FaultWords(
        "somebody suspended it by command",
        "Resume it when the reason has passed, and within the 24 hours for which its changes are kept.",
    ),
    FaultKind.HANDED_OVER: FaultWords(
        "a cut-over has handed it over: the application writes at the target",
        "Leave it as it is. polarshake rollback takes it back.",
    ),
}
