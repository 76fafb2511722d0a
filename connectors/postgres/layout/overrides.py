"""The configuration's overrides for a relation, where discovery fails or is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping, Optional

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


Overrides = Mapping[str, Override]
"""By schema-qualified name of the relation, unquoted: public.Users."""
