"""What the check needs of the two databases that it compares."""

from __future__ import annotations

from typing import Callable, List, NamedTuple, Optional, Protocol, Sequence, Set

from connectors.dynamodb.caller import Caller
from connectors.dynamodb.faults import SettingNames
from connectors.dynamodb.get import PointReadResult
from connectors.dynamodb.scan.pages import Pages
from connectors.dynamodb.tables.description import TableDescription
from connectors.model.dead_letters import DeadLetters
from connectors.model.keys import Schema
from connectors.model.orders import SegmentOrder
from connectors.model.writes import Writer

PagesOf = Callable[[int], Pages]
"""The pages of the segment with this number."""


class Form(Protocol):
    """Converts items of one table, from a side's pages, to what the check needs. For one thread."""

    def digest(self, item: bytes) -> bytes:
        """The digest of the key, which is the same on both sides."""
        ...

    def fingerprint(self, item: bytes) -> bytes:
        """The digest of the key, then that of the contents."""
        ...

    def key_json(self, item: bytes) -> bytes:
        """The key, as the report shows it."""
        ...

    def bound(self, item: bytes) -> bytes:
        """The bound after which a scan continues."""
        ...


class CheckSide(Protocol):
    """Reads one database, by segments and by keys. Several threads may use it. Calls raise
    TransientError and TerminalError."""

    def form(self, table: str, schema: Schema) -> Form: ...

    def pages(self, order: SegmentOrder, limit: int) -> Pages:
        """The pages of the order's segment. `limit`: items per page; 0: the side decides."""
        ...

    def draws(self, order: SegmentOrder) -> PagesOf:
        """For a sample: the pages of any of `order.total` segments. A single segment is the whole table."""
        ...

    def again(self, table: str, segment: int, total: int) -> Pages:
        """The pages of a segment, to be read again from a bound inside it."""
        ...

    def look(self, table: str, schema: Schema, keys: Sequence[bytes]) -> PointReadResult:
        """Items by the digests of their keys, in the form in which both sides are compared and reported."""
        ...


class Beside(NamedTuple):
    """A table of the target."""

    schema: Schema
    differences: List[str]
    """Differences from the definition at the source, one sentence each."""
    size_bytes: int = 0
    """0 if the target does not report it; likewise for `items`."""
    items: int = 0
    bounds: Optional[List[bytes]] = None
    """Where its scan is divided; None: into equal segments, by their number."""


class Definitions(Protocol):
    """The target's tables and how their definitions differ from the source's."""

    def names(self) -> Set[str]: ...

    def beside(self, table: str, source: Optional[TableDescription]) -> Optional[Beside]:
        """None: the target has no such table. `source` is None if only the target may have it.

        Raises PreflightError if the key schemas differ: then no item of one side can be matched with one of
        the other.
        """
        ...


class CheckSides(NamedTuple):
    """What a worker needs to check and repair. Several threads may use it, but each writer only one."""

    caller: Caller
    """For the definitions at the source."""
    source: CheckSide
    target: CheckSide
    definitions: Definitions
    writer: Callable[[DeadLetters], Writer]


class TargetExamination(Protocol):
    """The target before a check."""

    def names(self) -> Set[str]:
        """The names of its tables. Raises PolarshakeError; a PreflightError is worded for the user."""
        ...

    def problem(self, source: TableDescription) -> str:
        """Why a table's items cannot be matched with the source's; empty if they can."""
        ...


class EndNames(NamedTuple):
    """The names of each side's settings, for messages."""

    source: SettingNames
    target: SettingNames


class CheckEnds(NamedTuple):
    """The two databases before a check."""

    source: Caller
    target: TargetExamination
    names: EndNames
    reached: str
    """A sentence for the user, shown when the target has answered."""
    endpoint: Optional[Caller] = None
    """The target's endpoint, if it speaks DynamoDB's protocol."""
