"""The chain of a full check and the generations after it: what a next generation needs. Pure.

A chain is a claim: at some time since the start of its full check, each key was found equal, is in `open`, or
has a change that a next generation reads. Each generation writes the whole chain again, as chain.json.
"""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence

import msgspec

from connectors.base.errors import TerminalError
from connectors.base.text import duration, timestamp
from connectors.check.report.summary import ReportSide, Verdict
from connectors.config.filters import TableFilter
from connectors.dynamodb.streams import gap
from connectors.dynamodb.streams.lineage import Lineage
from connectors.dynamodb.streams.position import ShardPosition
from connectors.dynamodb.streams.shard_set import ShardSet
from connectors.model.sealing import seal, unseal
from connectors.postgres.replication.continuity import KnownIdentities

MARGIN = 300.0
"""Seconds. The first generation also takes records from up to this long before the full check: their times
are rounded, and a page of the check may have been older. A larger value only compares more keys."""
MOST_KEYS = 1_000_000
"""Keys that one generation compares. They are kept in memory, about 300 bytes each."""
MOST_LINKS = 100
"""Generations that a chain describes, in addition to the full check. Older ones are left out."""
VERSION = 2


class BrokenChain(TerminalError):
    """The changes since the last check are not known. Only a full check proves that both sides are equal."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the chain of checks is broken: {reason}. Check everything again: run the check without --since"
        )


class ReadState(msgspec.Struct, frozen=True):
    """How far the streams of a table have been read."""

    lineage: Lineage
    shards: ShardSet
    positions: Dict[str, ShardPosition] = {}
    """Of the shards that are being read. A shard without an entry has not been read yet."""
    listings: int = 0
    """How often the shards have been listed, up to the number that is needed."""


class ChainTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table of the chain."""

    arn: str
    """Of its stream; empty if it has none."""
    table_id: str = ""
    """Empty if the source has no such ids."""
    since: float
    """Before the full check compared the first item: epoch seconds, the service's clock."""
    state: Optional[ReadState] = None
    """None: no generation has read the stream yet."""


class ChainLink(msgspec.Struct, frozen=True, kw_only=True):
    """A check of the chain. Times are epoch seconds."""

    generation: int
    """0 is the full check."""
    started: float
    """The service's clock. Every change made before this time is covered by this check or an earlier one."""
    ended: float
    verdict: Verdict
    keys: int
    """Keys that were compared."""
    differences: int = 0
    open: int = 0
    """Keys that the next generation compares again, whether they change or not."""


class LogState(msgspec.Struct, frozen=True, kw_only=True):
    """How far PolarDB's log is covered, and what identifies it: for the way back."""

    positions: Dict[str, int]
    """Slot -> every change that committed before this position is covered."""
    server: str
    """The start time of the server process, see model.key_record."""
    publications: Dict[str, str]
    """Slot -> its publication."""
    known: KnownIdentities
    """The relations, partitions and publications, from which the next generation must find no difference."""


class Selection(msgspec.Struct, frozen=True):
    """The filter of the tables."""

    white: List[str] = []
    black: List[str] = []


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    root: str
    """Identifies the full check."""
    source: ReportSide
    target: ReportSide
    selection: Selection
    left_out: List[str] = []
    """Tables that the filter excluded from the full check."""
    links: List[ChainLink]
    """The full check, then the generations, oldest first."""
    tables: Dict[str, ChainTable]
    open: Dict[str, List[msgspec.Raw]] = {}
    """Keys by table, DynamoDB JSON, that were not found equal: confirmed differences, and keys that kept
    changing."""
    log: Optional[LogState] = None
    """Not None: the source is PolarDB, and the reverse job's record has the changes."""
    version: int = VERSION

    @property
    def full(self) -> ChainLink:
        return self.links[0]

    @property
    def last(self) -> ChainLink:
        return self.links[-1]

    @property
    def covered(self) -> float:
        """Every record from this time on can still be in the streams unread: epoch seconds."""
        if self.last.generation:
            return self.last.started
        return min((table.since for table in self.tables.values()), default=self.last.started) - MARGIN


_decode = msgspec.json.Decoder(Chain).decode


def sealed(chain: Chain) -> bytes:
    """The contents of chain.json."""
    return seal(msgspec.json.encode(chain))


def unsealed(contents: bytes, place: str) -> Chain:
    """Raises BrokenChain if the contents are not as they were written."""
    body = unseal(contents)
    try:
        chain = _decode(body) if body is not None else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        chain = None
    if chain is None or chain.version != VERSION or not chain.links:
        raise BrokenChain(f"{place} is damaged, was edited, or was written by another version")
    return chain


def selection_of(tables: TableFilter) -> Selection:
    return Selection(sorted(tables.white_table_set), sorted(tables.black_table_set))


def mismatch(
    chain: Chain, source: ReportSide, target: ReportSide, selection: Selection, names: Sequence[str]
) -> Optional[str]:
    """Why the settings and the tables do not continue this chain; None if they do."""
    if (chain.source, chain.target) != (source, target):
        return f"it compared {chain.source.endpoint} with {chain.target.endpoint}; the settings name others"
    if chain.selection != selection:
        return "the filter of the tables has changed"
    new, gone = sorted(set(names) - set(chain.tables)), sorted(set(chain.tables) - set(names))
    if new or gone:
        return f"the tables have changed: {', '.join([f'+{name}' for name in new] + [f'-{n}' for n in gone])}"
    lacking = sorted(name for name, table in chain.tables.items() if not (table.arn or chain.log))
    return f"table {lacking[0]} had no stream when its items were compared" if lacking else None


def expired(chain: Chain, now: float) -> Optional[str]:
    """Why records may have been trimmed before they were read. `now`: the service's clock."""
    if chain.log:
        return None
    if gap.is_young(now, chain.covered):
        return None
    age = duration(now - chain.covered)
    since = timestamp(chain.covered)
    return f"the changes since {since} would be needed, {age} ago; the streams keep them for 24 hours"


def extended(
    chain: Chain,
    link: ChainLink,
    tables: Dict[str, ChainTable],
    open_: OpenKeys,
    log: Optional[LogState] = None,
) -> Chain:
    """The chain with one more generation."""
    links = [*chain.links, link]
    if len(links) > MOST_LINKS + 1:
        links = [links[0], *links[-MOST_LINKS:]]
    return msgspec.structs.replace(chain, links=links, tables=tables, open=open_, log=log)


OpenKeys = Dict[str, List[msgspec.Raw]]
