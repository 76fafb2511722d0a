"""A shard of a stream, as the enumerator assigns it to a reader."""

from __future__ import annotations

from typing import Optional

import msgspec


class Assignment(msgspec.Struct, frozen=True, array_like=True):
    """A shard to read from TRIM_HORIZON, by the reader of `root_id`."""

    shard_id: str
    parent_id: Optional[str]
    """The shard that must be read to its end first; None if there is none."""
    root_id: str
    starting_sequence_number: str
    """Empty if the shard was not in the listing that assigned it."""
