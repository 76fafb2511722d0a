"""The plan of the generated application: its tables, and the parameters from which its items are derived."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Dict, Optional, Tuple


@dataclass(frozen=True)
class Table:
    """A table. `hash` and `range`: (attribute name, type). `indexed`: index keys, which must have their
    type."""

    name: str
    hash: Tuple[str, str]
    range: Optional[Tuple[str, str]] = None
    indexed: Tuple[Tuple[str, str], ...] = ()
    """The first is the key of the local index. The others are the hash and the range key of the global
    index."""
    ttl: Optional[str] = None
    guide: bool = False

    @property
    def key_names(self) -> Tuple[str, ...]:
        return (self.hash[0], self.range[0]) if self.range else (self.hash[0],)


SHAPES = (
    Table("orders", ("customer", "S"), ("number", "N"), (("placed", "N"), ("status", "S"), ("amount", "N"))),
    Table("sessions", ("id", "B"), ttl="expires"),
    Table("readings", ("sensor", "N"), ("at", "B")),
    Table("users", ("user_id", "S")),
    Table("messages", ("room", "S"), ("sent", "S")),
    Table("counters", ("N", "N")),
    Table(
        "blobs", ("bucket", "B"), ("part", "N"), (("size", "N"), ("owner", "S"), ("checked", "N")), "expires"
    ),
)
"""Three tables with keys of type S, N and B, simple and composite keys, both kinds of index, and TTL."""

GUIDE = Table("src1", ("pk", "S"), guide=True)
"""The table of the traffic program in the migration guide."""
GUIDE_ITEMS = 100


@dataclass(frozen=True)
class Plan:
    """A plan. Equal plans generate identical items on any machine."""

    tables: int = 3
    items: int = 100_000
    """Items of the initial load of all tables, without the guide's table."""
    seed: int = 1
    large_share: float = 0.0005
    """Share of items of 50 KB to exactly 400 KB."""
    nul: bool = False
    """Whether to generate strings with NUL characters, which DynamoDB allows and PostgreSQL's jsonb
    refuses."""
    guide: bool = False
    """Whether to add the guide's table `src1`, which has 100 items."""
    prefix: str = ""

    def __post_init__(self) -> None:
        if self.tables < 0 or self.items < 0 or not 0 <= self.large_share <= 1:
            raise ValueError("tables and items must not be negative, large_share must lie between 0 and 1")
        if not self.tables and not self.guide:
            raise ValueError("a plan needs a table: tables of 1 or more, or the guide's")

    @cached_property
    def all_tables(self) -> Tuple[Table, ...]:
        shapes = tuple(self._shape(number) for number in range(self.tables))
        return (*shapes, GUIDE) if self.guide else shapes

    @cached_property
    def by_name(self) -> Dict[str, Table]:
        return {table.name: table for table in self.all_tables}

    def loaded(self, table: Table) -> int:
        """Number of items that the initial load writes to `table`. Their indexes start at 0."""
        if table.guide:
            return GUIDE_ITEMS
        number = self.all_tables.index(table)
        return self.items // self.tables + (number < self.items % self.tables)

    def _shape(self, number: int) -> Table:
        shape = SHAPES[number % len(SHAPES)]
        again = number // len(SHAPES)
        name = self.prefix + shape.name + (f"_{again + 1}" if again else "")
        return Table(name, shape.hash, shape.range, shape.indexed, shape.ttl)
