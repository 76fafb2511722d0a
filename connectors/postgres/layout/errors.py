"""Errors in mapping a relation to its DynamoDB table."""

from __future__ import annotations

from typing import Sequence, Tuple

from connectors.base.errors import TerminalError
from connectors.postgres.pgoutput.lsn import lsn_text

START_AND_COPY = "Start the job without its savepoint, and then copy the table in full."
"""In this order: the slot may still hold older changes, which would be written over what was copied."""
_WAYS_OUT = f"Set reverse.droppedTable: ignore to continue and keep these items. Or: {START_AND_COPY}"


class LayoutError(TerminalError):
    """A relation or one of its rows cannot be mapped. `relation` is schema-qualified; `lsn` is that of its
    message."""

    def __init__(self, relation: str, lsn: int, problem: str) -> None:
        self.relation, self.lsn, self.problem = relation, lsn, problem
        super().__init__(f"relation {relation} at LSN {lsn_text(lsn)}: {problem}")

    def at(self, lsn: int) -> LayoutError:
        """The same error, found at another position."""
        return LayoutError(self.relation, lsn, self.problem)


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


class AttachedError(LayoutError):
    """Rows of a table that became a partition later. They may be older than those that its root has for the
    same keys."""

    def __init__(self, partition: str, root: str, lsn: int) -> None:
        super().__init__(
            partition,
            lsn,
            f"it became a partition of {root} after it was created, and this change was sent under its own "
            f"name: it was made before that, or the publication lacked publish_via_partition_root. To skip "
            f"such changes, set {skipping(partition)}. {START_AND_COPY}",
        )


class PartitionTruncatedError(LayoutError):
    def __init__(self, partition: str, root: str, lsn: int) -> None:
        super().__init__(
            partition,
            lsn,
            f"this partition of {root} was emptied by TRUNCATE, and it is not known which items it had. Move "
            f"the slot past this LSN, and then copy the table in full.",
        )


def skipping(relation: str) -> str:
    """The setting."""
    return f"reverse.relations: {{{relation}: {{skip: true}}}}"


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
