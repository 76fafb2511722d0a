"""What the configuration may say about a relation, where discovery does not find it or finds it wrongly."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping, Optional

DOCUMENT = "polardb_document"
"""The column with the whole item, after PolarDB's guide. A relation that has it is a DynamoDB table."""


@dataclass(frozen=True)
class Override:
    """What is left out is discovered."""

    table: Optional[str] = None
    """Name of the DynamoDB table."""
    document: Optional[str] = None
    """Name of the column that holds the item as DynamoDB JSON."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """DynamoDB key attribute -> column."""


Overrides = Mapping[str, Override]
"""By schema-qualified name of the relation, unquoted: public.Users."""
