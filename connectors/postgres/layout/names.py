"""The names that PostgreSQL stores for names of DynamoDB. It may have folded or truncated them. Pure."""

from __future__ import annotations

from typing import Iterable, Optional

from connectors.postgres.pgoutput.messages import Relation
from connectors.postgres.sql import table_name

MOST_IDENTIFIER_BYTES = 63
"""PostgreSQL truncates longer identifiers, at a character boundary."""
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
"""PostgreSQL folds only these letters in a UTF-8 database."""


def stored_as(name: str) -> str:
    """A quoted name, truncated."""
    return name.encode("utf-8", "surrogatepass")[:MOST_IDENTIFIER_BYTES].decode("utf-8", "ignore")


def folded_as(name: str) -> str:
    """An unquoted name: in lower case, and truncated."""
    return stored_as(name.translate(_LOWER))


def same_name(stored: str, names: Iterable[str]) -> Optional[str]:
    """The element of `names` that PostgreSQL stores as `stored`.

    An exact match comes first, then a match after truncation, then one after folding and truncation. None
    where no name or several names match.
    """
    names = list(names)
    if stored in names:
        return stored
    for spelling in (stored_as, folded_as):
        alike = [name for name in names if spelling(name) == stored]
        if alike:
            return alike[0] if len(alike) == 1 else None
    return None


def quoted(relation: Relation) -> str:
    """The relation's quoted name for SQL, safe for any characters."""
    return table_name(relation.namespace, relation.name)
