"""What the enumerator assigns to a reader: one shard of a stream."""

from __future__ import annotations

from typing import Optional

import msgspec


class Assignment(msgspec.Struct, frozen=True, array_like=True):
    """A shard to read from TRIM_HORIZON, by whoever reads `root_id`."""

    shard_id: str
    parent_id: Optional[str]
    """Read this one to its end first; None where no shard must be waited for."""
    root_id: str
    starting_sequence_number: str
    """Empty where the shard was not in the listing that assigned it."""
