"""Errors in mapping a relation to its DynamoDB table."""

from __future__ import annotations

from typing import Sequence, Tuple

from connectors.base.errors import TerminalError
from connectors.postgres.pgoutput.lsn import lsn_text

_WAYS_OUT = (
    "Set reverse.droppedTable: ignore to continue and keep these items; or copy the table in full, and start "
    "the job without its savepoint."
)


class LayoutError(TerminalError):
    """A relation or one of its rows cannot be mapped. `relation` is schema-qualified; `lsn` is that of its
    message."""

    def __init__(self, relation: str, lsn: int, problem: str) -> None:
        self.relation, self.lsn = relation, lsn
        super().__init__(f"relation {relation} at LSN {lsn_text(lsn)}: {problem}")


class TruncateError(TerminalError):
    """Tables were emptied by TRUNCATE, which is not configured to empty DynamoDB's tables too."""

    def __init__(self, tables: Tuple[str, ...], lsn: int) -> None:
        self.tables, self.lsn = tables, lsn
        super().__init__(
            f"TRUNCATE of {', '.join(tables)} at LSN {lsn_text(lsn)}: reverse.truncate is fail. To delete "
            f"the items of these tables in DynamoDB too, set reverse.truncate: delete. To keep them there, "
            f"move the slot past this LSN."
        )


class DroppedError(LayoutError):
    """The rows come from another relation than before."""

    def __init__(self, table: str, relation: str, lsn: int) -> None:
        super().__init__(relation, lsn, dropped(table, relation))


def dropped(table: str, by: str = "") -> str:
    """The problem, and the ways out. `by`: the relation that has its place now."""
    happened = (
        f"was dropped in PolarDB, and relation {by} took its place; DynamoDB still has the old items"
        if by
        else "was dropped in PolarDB; DynamoDB still has it"
    )
    return f"table {table}: {happened}. {_WAYS_OUT}"


def dropped_partitions(table: str, names: Sequence[str]) -> str:
    """The problem, and the ways out."""
    several = len(names) > 1
    return (
        f"table {table}: {'partitions' if several else 'partition'} {', '.join(names)} "
        f"{'were' if several else 'was'} dropped or detached in PolarDB; DynamoDB still has "
        f"{'their' if several else 'its'} items. {_WAYS_OUT}"
    )
