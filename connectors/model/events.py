"""What happens in a migration, for people and programs that watch it."""

from __future__ import annotations

import enum
from typing import Callable

import msgspec


class EventKind(str, enum.Enum):
    PHASE = "phase"
    """A table has reached its next phase."""
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    RELEASED = "released"
    HANDED_OVER = "handed_over"
    """A cut-over of some tables has taken the table."""
    COPIED_AGAIN = "copied_again"
    """A new copy of a table has begun, after a gap or by command."""
    COMMAND = "command"
    """A command of an operator was followed or refused."""
    CHECK = "check"
    """A check has ended."""
    STEP = "step"
    """A step of the cut-over or the rollback has passed or was refused."""


class JobEvent(msgspec.Struct, frozen=True):
    """After a restart, an event may come a second time."""

    at: float
    """Epoch seconds."""
    kind: EventKind
    job: str
    """forward, check, cutover or rollback."""
    text: str
    """A sentence."""
    table: str = ""
    outcome: str = ""
    """PHASE: the phase; COMMAND: followed or refused; CHECK: equal, differences or unknown; STEP: done,
    refused or unclear."""


Tell = Callable[[JobEvent], None]
"""Never blocks and never raises."""


def tell_nobody(event: JobEvent) -> None:
    """For jobs whose events nobody watches."""
