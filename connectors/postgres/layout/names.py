"""Finding a DynamoDB name again that PostgreSQL may have folded or cut."""

from __future__ import annotations

from typing import Iterable, Optional

from connectors.postgres.pgoutput.messages import Relation
from connectors.postgres.sql import table_name

MOST_IDENTIFIER_BYTES = 63
"""PostgreSQL cuts longer identifiers off, in whole characters."""


def stored_as(name: str) -> str:
    return name.encode("utf-8", "surrogatepass")[:MOST_IDENTIFIER_BYTES].decode("utf-8", "ignore")


def same_name(stored: str, names: Iterable[str]) -> Optional[str]:
    """The one of `names` that PostgreSQL holds as `stored`.

    Written exactly so, else cut to an identifier's length, else that without regard to case; None where
    none or several are alike.
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
    """As SQL names it, whatever characters are in it."""
    return table_name(relation.namespace, relation.name)
