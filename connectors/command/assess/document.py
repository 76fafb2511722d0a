"""The assessment: the output of `--json`. Fields are added, never changed. Pure."""

from __future__ import annotations

import enum
from typing import List, Optional

import msgspec

from connectors.model.jobs import OK, PROBLEM, UNKNOWN

VERSION = 1


class AssessmentVerdict(str, enum.Enum):
    CLEAR = "clear"
    """Nothing was found that the target refuses."""
    OBSTACLES = "obstacles"
    """The target refuses something, or the job would not start."""
    INCOMPLETE = "incomplete"
    """No obstacle was found, but not every table could be described and sampled."""


class GroupedFinding(msgspec.Struct, frozen=True):
    what: str
    """A noun, such as "tags"."""
    text: str
    tables: List[str]
    details: List[str] = []
    """For each table, in the same order; empty texts if there is nothing to add."""


class IntervalDocument(msgspec.Struct, frozen=True):
    """With a confidence of 95 %. All three are equal if every item was read."""

    estimate: float
    low: float
    high: float


class TableAssessment(msgspec.Struct, frozen=True, kw_only=True):
    table: str
    items: int
    """As DescribeTable says, about six hours late; as is `bytes`."""
    bytes: int
    sampled: int
    """Items that were read."""
    sampled_all: bool
    refused: int
    """Sampled items that the target refuses."""
    refused_at_most: Optional[float]
    """The share of all items that the target refuses, at most, with a confidence of 99 %; None: no sample."""
    item_bytes: Optional[IntervalDocument]
    """The mean size; None: too few items were sampled."""
    item_bytes_median: Optional[int]
    item_bytes_p99: Optional[int]
    item_bytes_largest: Optional[int]
    top_tenth: Optional[IntervalDocument]
    """The share of the bytes in the largest tenth of the items."""
    partition_keys: Optional[IntervalDocument]
    items_per_partition_key: Optional[float]
    capacity: float
    capacity_source: str
    rate: float
    read_units: float
    hours_at_rate: float
    segments: int
    pauses: int
    shards: int
    read_cost: float
    left_behind: List[str]
    problem: bool
    """Whether an obstacle is about this table."""


class PriceDocument(msgspec.Struct, frozen=True):
    name: str
    """As in the file of prices."""
    usd: float
    date: str
    """When it was looked up."""
    source: str
    check: bool
    """Whether it is not confirmed."""


class PlanDocument(msgspec.Struct, frozen=True, kw_only=True):
    parallelism: int
    readers: int
    hours: float
    bound: str
    share: float
    read_limit_rate: float
    read_limit_table: str
    hours_at_rate: float
    apart: List[str]
    """Tables to be copied by a job of their own, because they would slow down all others."""
    apart_rate: float
    apart_hours: float
    hold_hours: float
    copy_cost: float
    day_cost: float
    prices_date: str
    """The oldest date of `prices`."""
    prices_region: str
    prices: List[PriceDocument] = []


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    version: int = VERSION
    verdict: AssessmentVerdict
    made: str
    """ISO 8601, UTC."""
    source: str
    target: str
    obstacles: List[GroupedFinding]
    remarks: List[GroupedFinding]
    """Items that are stored differently, or may be refused."""
    left_behind: List[GroupedFinding]
    not_known: List[GroupedFinding]
    tables: List[TableAssessment]
    """Tables with obstacles first, then the largest."""
    left_out: List[str]
    """Tables of the source that the filter excludes."""
    total_items: int
    total_bytes: int
    sample_units: float
    """Read capacity units that the assessment has cost."""
    plan: PlanDocument


def exit_code_of(assessment: Assessment) -> int:
    """0 clear, 1 obstacles, 2 incomplete."""
    codes = {
        AssessmentVerdict.CLEAR: OK,
        AssessmentVerdict.OBSTACLES: PROBLEM,
        AssessmentVerdict.INCOMPLETE: UNKNOWN,
    }
    return codes[assessment.verdict]


def as_json(assessment: Assessment) -> str:
    return msgspec.json.format(msgspec.json.encode(assessment), indent=2).decode()
