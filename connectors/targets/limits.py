"""What a target refuses, decided without a connection to it."""

from __future__ import annotations

from typing import NamedTuple, Optional, Protocol

from connectors.dynamodb.tables.description import TableDescription


class ItemJudgement(NamedTuple):
    """Both texts never contain a value of the item, and are the same for every item that they apply to."""

    refused: str = ""
    """Why the target refuses the item, and what to do; empty if it takes it."""
    remark: str = ""
    """In what way it is stored differently, or may be refused; empty if it is stored as it is."""


TAKEN = ItemJudgement()


class ItemLimits(Protocol):
    """For one table and one thread."""

    def judge(self, body: bytes) -> ItemJudgement:
        """`body`: the item as DynamoDB JSON."""
        ...


class TargetLimits(Protocol):
    def table_problem(self, source: TableDescription) -> Optional[str]:
        """Why the table cannot be created, without its name; None if it can."""
        ...

    def items(self, source: TableDescription) -> ItemLimits: ...
