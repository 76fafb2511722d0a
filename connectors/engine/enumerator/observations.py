"""Observations of the source. The planner decides what follows from them."""

from __future__ import annotations

from typing import List, Mapping, NamedTuple, Optional, Tuple, Union

from connectors.dynamodb.streams.calls import Shard
from connectors.model.commands import OperatorCommand
from connectors.model.steps import TableFact, TableFault


class Prepared(NamedTuple):
    """A table's target exists, and its stream is enabled if the mode needs one."""

    table: str
    schema: List[Tuple[str, str]]
    arn: str
    """ARN of the stream; empty if no stream is read."""
    size_bytes: int
    items: int
    """`size_bytes` and `items` are the estimates of DescribeTable, up to about six hours old."""
    target_bytes: int = 0
    """Size of the target table, for dividing its scan; 0 if the target does not report it."""
    target_items: int = 0
    schema_differences: List[str] = []
    """For the check: differences of the two tables' definitions, a sentence each."""
    target_bounds: Optional[List[bytes]] = None
    """Bounds between the segments of the target's scan; None: segments are defined by their number."""
    target_id: str = ""
    """Identifies the target's table: one that is dropped and created again has another. Empty: the target has
    no such ids."""
    attempt: Optional[Tuple[int, int]] = None
    """Generation and hold of the table for which this was done: a command may have changed them meanwhile.
    None: not compared."""
    source_id: str = ""
    """For the check: the same of the source's table."""
    described_at: float = 0.0
    """For the check: when the source described the table; epoch seconds, the service's clock."""


class Listed(NamedTuple):
    """All pages of one DescribeStream listing, read after `date` (epoch seconds, the service's clock)."""

    table: str
    arn: str
    shards: List[Shard]
    date: float


class Restreamed(NamedTuple):
    """The table's stream is not the stream being read: it was disabled, or the table was recreated."""

    table: str
    arn: str
    """ARN of the stream being read."""
    reason: str


class Reported(NamedTuple):
    """The reports of the worker slots, addressed to this run."""

    facts: Mapping[Tuple[int, str], TableFact]
    """By (slot, table)."""
    faults: List[TableFault]


class RunAccepted(NamedTuple):
    """This run has been added to the job's list of runs: see connectors.engine.board.runs."""


class CommandsBegin(NamedTuple):
    """The job's first look at the place of commands."""

    before: str
    """Commands up to this name were placed before the job began."""
    unanswered: List[str]
    """Those of them that nobody has answered."""


class Commanded(NamedTuple):
    """An operator has placed a command."""

    name: str
    command: Optional[OperatorCommand]
    """None: it cannot be understood."""


TableObservation = Union[Prepared, Listed, Restreamed, TableFault]
Observation = Union[TableObservation, Reported, RunAccepted, CommandsBegin, Commanded]
