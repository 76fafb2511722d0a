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
"""By the number of a segment."""


class Form(Protocol):
    """What the check makes of the items of one table, as a side's pages hold them. For one thread."""

    def digest(self, item: bytes) -> bytes:
        """Of the key: the same on both sides."""
        ...

    def fingerprint(self, item: bytes) -> bytes:
        """The digest of the key, then that of the contents."""
        ...

    def key_json(self, item: bytes) -> bytes:
        """The key, as the report shows it."""
        ...

    def bound(self, item: bytes) -> bytes:
        """What a scan goes on behind."""
        ...


class CheckSide(Protocol):
    """One database, as it is read: by segments, and by keys. Several threads may use it. Calls raise
    TransientError and TerminalError."""

    def form(self, table: str, schema: Schema) -> Form: ...

    def pages(self, order: SegmentOrder, limit: int) -> Pages:
        """Of the order's segment. `limit`: items of a page; 0 leaves it to the side."""
        ...

    def draws(self, order: SegmentOrder) -> PagesOf:
        """For a sample: the pages of any of `order.total` segments; of the only one, the whole table's."""
        ...

    def again(self, table: str, segment: int, total: int) -> Pages:
        """The pages of a segment, to be read behind bounds inside it."""
        ...

    def look(self, table: str, schema: Schema, keys: Sequence[bytes]) -> PointReadResult:
        """Items in the form in which both sides are compared and reported, by the digests of their keys."""
        ...


class Beside(NamedTuple):
    """A table of the target."""

    schema: Schema
    differences: List[str]
    """From the source's, a sentence each."""
    size_bytes: int = 0
    """0 where the target does not tell, and so for the items."""
    items: int = 0
    bounds: Optional[List[bytes]] = None
    """Where its scan is to be divided, if not by number alone."""


class Definitions(Protocol):
    """The target's tables beside the source's: which there are, and how they are defined."""

    def names(self) -> Set[str]: ...

    def beside(self, table: str, source: Optional[TableDescription]) -> Optional[Beside]:
        """None: the target has no such table. `source` is None where only the target may have it.

        Raises PreflightError where the keys differ, for then items cannot be told to be the same.
        """
        ...


class CheckSides(NamedTuple):
    """What a worker checks, and repairs, with. Several threads may use it, of a writer one."""

    caller: Caller
    """The source's definitions."""
    source: CheckSide
    target: CheckSide
    definitions: Definitions
    writer: Callable[[DeadLetters], Writer]


class TargetExamination(Protocol):
    """The target before a check."""

    def names(self) -> Set[str]:
        """Of its tables. Raises PolarshakeError; PreflightError in words for the user."""
        ...

    def problem(self, source: TableDescription) -> str:
        """Why a table's items cannot be told to be the same; empty where they can."""
        ...


class EndNames(NamedTuple):
    """How the user calls the settings of each."""

    source: SettingNames
    target: SettingNames


class CheckEnds(NamedTuple):
    """The two databases before a check."""

    source: Caller
    target: TargetExamination
    names: EndNames
    reached: str
    """A sentence for the user, once the database that `target` names has answered."""
    endpoint: Optional[Caller] = None
    """The target's, where it speaks DynamoDB's protocol."""
