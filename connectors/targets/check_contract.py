"""One side of the check, as it is read: by segments, and by keys."""

from __future__ import annotations

from typing import Callable, Protocol, Sequence

from connectors.dynamodb.get import PointReadResult
from connectors.dynamodb.scan.pages import Pages
from connectors.model.keys import Schema
from connectors.model.orders import SegmentOrder

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
    """Several threads may use it. Calls raise TransientError and TerminalError."""

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
