"""Samples every table: sizes, partition keys, and what the target refuses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence

import msgspec

from connectors.base.errors import PolarshakeError
from connectors.command.assess.draw import Draws, draw
from connectors.command.assess.facts import TableFacts
from connectors.command.assess.item_size import item_bytes
from connectors.command.assess.judge import ItemFinding, judge_items
from connectors.command.assess.statistics import (
    Interval,
    SizeStatistics,
    partition_keys,
    size_statistics,
)
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.faults import DENIED, SOURCE, ServiceError
from connectors.targets.limits import TargetLimits
from connectors.targets.preflight.problems import explain

SAMPLE_THREADS = 4
_attributes = msgspec.json.Decoder(Dict[str, msgspec.Raw]).decode


class SampledTable(NamedTuple):
    facts: TableFacts
    draws: Optional[Draws]
    """None: not sampled."""
    sizes: Optional[SizeStatistics]
    keys: Optional[Interval]
    found: List[ItemFinding]
    failed: str = ""
    """Why it could not be sampled."""


def sample_tables(
    caller: Caller,
    tables: Sequence[TableFacts],
    limits: Optional[TargetLimits],
    wanted: int,
    progress: Callable[[str], None],
) -> List[SampledTable]:
    def sample(facts: TableFacts) -> SampledTable:
        return sample_table(caller, facts, limits, wanted)

    sampled = []
    with ThreadPoolExecutor(SAMPLE_THREADS, thread_name_prefix="sample") as pool:
        for number, table in enumerate(pool.map(sample, tables), 1):
            sampled.append(table)
            progress(f"{number} of {len(tables)} tables sampled")
    return sampled


def sample_table(
    caller: Caller, facts: TableFacts, limits: Optional[TargetLimits], wanted: int
) -> SampledTable:
    """A table whose Scan is refused has no sample, and says so."""
    if not wanted:
        return SampledTable(facts, None, None, None, [])
    count = facts.description.ItemCount
    try:
        draws = draw(caller, facts.name, count, wanted)
    except PolarshakeError as error:
        if isinstance(error, ServiceError) and error.code in DENIED:
            return SampledTable(facts, None, None, None, [], "needs permission dynamodb:Scan")
        return SampledTable(facts, None, None, None, [], explain(error, SOURCE).text)
    sizes = [[item_bytes(msgspec.json.decode(item)) for item in page] for page in draws.segments]
    schema = facts.description.key_schema
    findings = judge_items(draws.items, limits.items(facts.description), schema) if limits else []
    return SampledTable(
        facts, draws, size_statistics(sizes, draws.whole), _keys(draws, facts, count), findings
    )


def _keys(draws: Draws, facts: TableFacts, count: int) -> Optional[Interval]:
    partition = facts.description.key_schema.partition.name
    if draws.whole:
        values = [_attributes(item)[partition] for item in draws.items]
        distinct = float(len({bytes(value) for value in values}))
        return Interval(distinct, distinct, distinct) if values else None
    return partition_keys(len(draws.random), sum(map(bool, draws.random)), draws.total, count)
