"""Finds the DynamoDB name that belongs to an identifier that PostgreSQL may have folded or truncated."""

from __future__ import annotations

from typing import Iterable, Optional

from connectors.postgres.pgoutput.messages import Relation
from connectors.postgres.sql import table_name

MOST_IDENTIFIER_BYTES = 63
"""PostgreSQL truncates longer identifiers, at a character boundary."""


def stored_as(name: str) -> str:
    return name.encode("utf-8", "surrogatepass")[:MOST_IDENTIFIER_BYTES].decode("utf-8", "ignore")


def same_name(stored: str, names: Iterable[str]) -> Optional[str]:
    """The element of `names` that PostgreSQL stores as `stored`.

    An exact match comes first, then a match after truncation, then a case-insensitive match after truncation.
    None where no name or several names match.
    """
    names = list(names)
    if stored in names:
        return stored
    for alike in (
        [name for name in names if stored_as(name) == stored],
        [name for name in names if stored_as(name).casefold() == stored.casefold()],
    ):
        if alike:
            return alike[0] if len(alike) == 1 else None
    return None


def quoted(relation: Relation) -> str:
    """The relation's quoted name for SQL, safe for any characters."""
    return table_name(relation.namespace, relation.name)
