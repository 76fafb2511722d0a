"""Orders of the enumerator to a reader. The reader keeps them in its state until they are completed."""

from __future__ import annotations

from typing import List, Optional, Union

import msgspec

from connectors.model.assignment import Assignment
from connectors.model.keys import Schema


class SegmentOrder(msgspec.Struct, tag="segment", array_like=True):
    """Read one Scan segment.

    `part` of `parts` counts the segments of both sides that complete this generation of the table.
    """

    table: str
    generation: int
    schema: Schema
    part: int
    parts: int
    segment: int
    total: int
    of_target: bool = False
    """Scan the target's table, to delete what the source no longer has or to check it. Otherwise scan the
    source's."""
    after: bytes = b""
    """The segment's exclusive lower bound, if the side cannot derive the segment from its number."""
    until: bytes = b""
    """The segment's inclusive upper bound. An empty bound is the start or the end of the table."""

    @property
    def split_id(self) -> str:
        what = "target segment" if self.of_target else "segment"
        return f"{self.table}/{self.generation}/{what} {self.segment} of {self.total}"


class StreamOrder(msgspec.Struct, tag="stream", array_like=True):
    """Read shards of one stream. `since`: time of its registration (epoch seconds, the service's clock)."""

    table: str
    generation: int
    schema: Schema
    arn: str
    since: float
    skip_before: Optional[float]
    """The scan covers changes made before this time. None: read everything."""
    assign: List[Assignment]
    forget: List[str] = []
    """Shards that are no longer listed."""


class ReplicationOrder(msgspec.Struct, tag="replication", array_like=True):
    """Read one replication slot. `start`: skip transactions that committed before this position; 0: skip
    none."""

    slot: str
    start: int = 0


class StartPassed(msgspec.Struct, tag="passed", array_like=True):
    """The server's position of this replication slot has passed the start position of its order. From now on
    only the slot's own position counts."""

    slot: str


class StepOrder(msgspec.Struct, tag="step", array_like=True):
    """Go to a step of a table; see connectors.model.steps. `live`: the scan is complete, and no further step
    follows. `hold`: whether the table is suspended; see connectors.model.steps.is_held."""

    table: str
    generation: int
    step: int
    live: bool = False
    hold: int = 0


class RateOrder(msgspec.Struct, tag="rates", array_like=True):
    """Change the rates of a table at once. Sent to every slot, and again at the start of each run."""

    table: str
    """Empty: all tables without rates of their own."""
    scan: Optional[float]
    """As scan.readLimit.rate: 0: no limit. None: that of the settings."""
    write: Optional[float]
    """As write.limit."""


class DropOrder(msgspec.Struct, tag="drop", array_like=True):
    """Stop all splits of older generations of a table than this one."""

    table: str
    generation: int


class NoticeOrder(msgspec.Struct, tag="notice", array_like=True):
    """Forward a text to the job's output."""

    text: str


class Wake(msgspec.Struct, tag="wake", array_like=True):
    """Continue with the orders in the state. Sent with every tick: see connectors.engine.flink.reader.

    `run` identifies the enumerator's run: what a worker reports is addressed to it. None: wait with what the
    state holds.
    """

    run: Optional[str] = ""


Order = Union[
    SegmentOrder,
    StreamOrder,
    StepOrder,
    ReplicationOrder,
    StartPassed,
    RateOrder,
    DropOrder,
    NoticeOrder,
    Wake,
]

encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Order).decode
