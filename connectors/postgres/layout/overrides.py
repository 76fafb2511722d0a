"""The configuration's overrides for a relation, where discovery fails or is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional

DOCUMENT = "polardb_document"
"""The column with the whole item, as PolarDB's guide names it. A relation with it is a DynamoDB table."""


@dataclass(frozen=True)
class Override:
    """Members that are not set are discovered."""

    table: Optional[str] = None
    """Name of the DynamoDB table."""
    document: Optional[str] = None
    """Name of the column that holds the item as DynamoDB JSON."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """DynamoDB key attribute -> column."""
    skip: bool = False
    """It is not a DynamoDB table, although it has the document column."""


Overrides = Mapping[str, Override]
"""By schema-qualified name of the relation, unquoted: public.Users."""


def overrides_of(relations: Mapping[str, Mapping[str, Any]]) -> Dict[str, Override]:
    """From reverse.relations."""
    return {
        name: Override(
            given.get("table"), given.get("document"), given.get("keys") or {}, given.get("skip") == "true"
        )
        for name, given in relations.items()
    }
