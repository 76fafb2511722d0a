"""What the enumerator orders a reader slot to do. Orders lie in the slot's state until carried out."""

from __future__ import annotations

from typing import List, Optional, Union

import msgspec

from connectors.model.assignment import Assignment
from connectors.model.keys import Schema


class SegmentOrder(msgspec.Struct, tag="segment", array_like=True):
    """Read one Scan segment.

    `part` of `parts` counts all segments, of both sides, that make this generation of the table whole.
    """

    table: str
    generation: int
    schema: Schema
    part: int
    parts: int
    segment: int
    total: int
    of_target: bool = False
    """Of the target's table: to sweep it of what the source no longer has, or to check it; else of the
    source's."""
    after: bytes = b""
    """Where a segment lies that the side does not find by its number alone: behind this bound.."""
    until: bytes = b""
    """..and up to this one; empty: at the table's ends."""

    @property
    def split_id(self) -> str:
        what = "target segment" if self.of_target else "segment"
        return f"{self.table}/{self.generation}/{what} {self.segment} of {self.total}"


class StreamOrder(msgspec.Struct, tag="stream", array_like=True):
    """Read shards of one stream. `since`: when it was registered (epoch seconds, service's clock)."""

    table: str
    generation: int
    schema: Schema
    arn: str
    since: float
    skip_before: Optional[float]
    """Changes made before this are covered by the scan; None reads everything."""
    assign: List[Assignment]
    forget: List[str] = []
    """Shards that are listed no more."""


class ReplicationOrder(msgspec.Struct, tag="replication", array_like=True):
    """Read one replication slot. `start`: pass over what committed before this position; 0: nothing."""

    slot: str
    start: int = 0


class DropOrder(msgspec.Struct, tag="drop", array_like=True):
    """Stop whatever belongs to an older generation of a table than this one."""

    table: str
    generation: int


class NoticeOrder(msgspec.Struct, tag="notice", array_like=True):
    """Pass a text on to the job's output."""

    text: str


class Wake(msgspec.Struct, tag="wake", array_like=True):
    """Go on with what lies in the state. Sent with every tick: see connectors.engine.flink.reader."""


Order = Union[SegmentOrder, StreamOrder, ReplicationOrder, DropOrder, NoticeOrder, Wake]

encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Order).decode
