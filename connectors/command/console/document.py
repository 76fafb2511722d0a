"""The document that the page shows: what `status --json` prints, and what follows from it."""

from __future__ import annotations

import enum
from typing import List, Optional

import msgspec

from connectors.command.cutover.preview import Condition
from connectors.command.status.document import Status


class Urgency(str, enum.Enum):
    """How much a thing needs a person. The page shows a sign for each, in addition to a colour."""

    OK = "ok"
    WAIT = "wait"
    """Work in progress; time alone solves it."""
    WARN = "warn"
    BAD = "bad"
    NONE = "none"
    """Not begun, or not known."""


SUSPENDED, RELEASED = "suspended", "released"
"""Phases of tables that the job does not move, after an error of their own or because the settings leave them
out."""


class StageView(msgspec.Struct, frozen=True):
    """One of the five stages of a migration."""

    name: str
    level: Urgency
    text: str
    """What is left of it."""
    share: Optional[float] = None
    current: bool = False


class Tile(msgspec.Struct, frozen=True):
    name: str
    value: str
    note: str = ""
    level: Urgency = Urgency.NONE
    points: List[Optional[float]] = []


class TableRow(msgspec.Struct, frozen=True):
    table: str
    job: str
    phase: str
    level: Urgency
    share: float
    items: str
    left: str
    changes_per_second: str
    lag: str
    dead_letters: str
    check: str
    """Result of the last check; empty if there was none."""
    check_level: Urgency
    attention: str = ""


class Happening(msgspec.Struct, frozen=True):
    """Something that happened, for the story."""

    at: str
    """ISO 8601, UTC."""
    text: str
    level: Urgency = Urgency.NONE
    help: str = ""
    """Its section on the help page; empty if it has none."""
    report: bool = False
    """The check's report tells more."""


class ConsoleDocument(msgspec.Struct, frozen=True):
    at: str
    headline: str
    level: Urgency
    sides: str
    """`Amazon DynamoDB, cn-north-1 → PolarDB, http://...`; empty if no configuration is given."""
    facts: List[str]
    """Lines below the headline."""
    problem: str
    """Why the numbers are not current; empty if they are."""
    stages: List[StageView]
    tiles: List[Tile]
    tables: List[TableRow]
    """Those that need attention first."""
    before: List[Condition]
    """What must hold before the cut-over, or its steps once it has begun."""
    before_note: str
    story: List[Happening]
    """The latest first."""
    report: bool
    """Whether there is a report of a check."""
    status: Status
