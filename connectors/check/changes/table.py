"""Reading the changed keys of one table, from where the predecessor ended.

The state is the forward job's: the lineage of the shards, the set of shards that may be read, and a position
for each. Rules for the end of reading, for a generation that began at `since` (the service's clock):

1. The start of the stream is decided, no listed shard waits for its parent, and the shards have been listed
   CONFIRMATIONS times since the full check: one listing may lack a shard. Later listings are needed only for
   rule 3, because each new shard is a child of one that has ended.
2. Each shard that is being read has been read up to `since`, by the rule by which the forward job measures
   its lag (`position.Horizon`).
3. Each shard that was read to its end has a known child. Otherwise the listing is older than the shard's end.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Callable, Dict, List, NamedTuple, Optional, Protocol, Set

import msgspec

from connectors.base.errors import TransientError
from connectors.check.changes.chain import MARGIN, BrokenChain, ChainTable, ReadState
from connectors.check.changes.skip import unneeded
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.streams import records
from connectors.dynamodb.streams.calls import TRIM_HORIZON, DatedDescription, Range, Shard, StreamCalls
from connectors.dynamodb.streams.cursor import StreamRef
from connectors.dynamodb.streams.lineage import CONFIRMATIONS, Lineage
from connectors.dynamodb.streams.position import ShardPosition
from connectors.dynamodb.streams.shard import ShardSplit
from connectors.dynamodb.streams.shard_set import Ready, ShardSet
from connectors.dynamodb.streams.tracking import ListingView, observe
from connectors.model.keys import KeyReader
from connectors.model.pages import ReadPage

POLL = 0.25
"""Seconds between two reads of a shard while few changes arrive. A shard allows two readers; the forward job
is the other one."""
LIST_SECONDS = 1.0
"""Seconds between two listings while one is needed: see rule 1."""
FEW = 5
"""Ended shards whose children are asked for one by one. A whole listing of a large table takes seconds."""
ASKED = 3
"""How often children are asked for without success before the whole stream is listed."""
BLOCKED_SECONDS = 180.0
"""Seconds without a shard that can be read, after which an error is raised."""


class ShardListing(NamedTuple):
    shards: List[Shard]
    skip: Set[str]
    """Listed shards that need not be read."""


class ShardLister(Protocol):
    """Interface of HttpStreamCalls."""

    def list_dated(self, arn: str) -> DatedDescription: ...

    def children(self, arn: str, shard_id: str) -> List[Shard]: ...


class TableReading:
    """For one thread, except what `listing` returns and the splits, which wait for the network."""

    def __init__(
        self,
        keys: KeyReader,
        chain: ChainTable,
        calls: StreamCalls,
        lister: ShardLister,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock`: monotonic seconds."""
        self.table, self.arn = keys.table, chain.arn
        self._reader, self._chain, self._calls = keys, chain, calls
        self._lister, self._clock = lister, clock
        self._skip_before = chain.since - MARGIN
        state = chain.state or ReadState(Lineage(oldest=True), ShardSet())
        self._lineage, self._shards = state.lineage, _copied(state.shards)
        self._positions = dict(state.positions)
        self._listings = state.listings
        self._list_again = 0.0
        self._asked = 0
        self._blocked: Optional[float] = None
        self.splits: Dict[str, ShardSplit] = {}
        """The shards that are being read."""
        self.keys: Dict[bytes, bytes] = {}
        """Keys that have changed since the last `take`, as DynamoDB JSON by their digests."""
        for ready in self._shards.reading.values():
            self._open(ready)

    def needs_listing(self) -> bool:
        """Whether the shards must be listed now, so that reading can end."""
        return self._clock() >= self._list_again and bool(self._unlisted())

    def listing(self) -> Callable[[], ShardListing]:
        """How to ask the service for shards. It raises ServiceError and TransientError."""
        ended = self._childless()
        known = self._lineage.registered and not self._lineage.missing and self._listings >= CONFIRMATIONS
        if known and 0 < len(ended) <= FEW and self._asked < ASKED:
            self._asked += 1
            return partial(self._list_children, ended, _as_listed(self._lineage))
        self._asked = 0
        return partial(self._list_all, not self._lineage.registered and self._chain.state is None)

    def take_listing(self, listing: ShardListing) -> None:
        """Raises BrokenChain if shards are missing, and TransientError if none can be read for long."""
        self._listings = min(self._listings + 1, CONFIRMATIONS)
        self._list_again = self._clock() + LIST_SECONDS
        observed = observe(self._lineage, listing.shards)
        if observed.gaps:
            raise BrokenChain(f"table {self.table}: {'; '.join(observed.gaps)}")
        self._lineage = observed.lineage
        self._start(
            self._shards.assign(shard for shard in observed.assign if shard.shard_id not in listing.skip)
        )
        self._shards.forget(shard.shard_id for shard in observed.forget)
        self._check_blocked()

    def take_page(self, shard_id: str, page: Optional[ReadPage]) -> None:
        """Process a page of a shard."""
        if page is None or shard_id not in self.splits:
            return
        self._positions[shard_id] = ShardPosition.decode(page.position)
        for keys, _, _ in page.changes:
            self.keys[self._reader.digest(keys)] = self._reader.key_json(keys)
        if page.done:
            self.splits.pop(shard_id).close()
            del self._positions[shard_id]
            self._start(self._shards.finish(shard_id, page.position))

    def complete(self, since: float) -> bool:
        """Whether every change made before `since` has been read: see the rules above."""
        if self._unlisted() or self._shards.waiting:
            return False
        horizons = [self._positions.get(shard_id, ShardPosition()).horizon for shard_id in self.splits]
        return all(horizon >= since for horizon in horizons)

    def take(self) -> Dict[bytes, bytes]:
        """The changed keys since the last call."""
        keys, self.keys = self.keys, {}
        return keys

    def chain(self) -> ChainTable:
        """The table as the next generation needs it: reading continues at the present positions."""
        positions = {
            shard_id: msgspec.structs.replace(position, trail=())
            for shard_id, position in self._positions.items()
        }
        return msgspec.structs.replace(
            self._chain, state=ReadState(self._lineage, _copied(self._shards), positions, self._listings)
        )

    def close(self) -> None:
        for split in self.splits.values():
            split.close()

    def _unlisted(self) -> List[str]:
        """What a listing must show before reading can end, for the message."""
        if not self._lineage.registered:
            return ["the start of the stream"]
        lacking = sorted(self._lineage.missing)
        lacking += [f"a child of {ended}" for ended in self._childless()]
        if not self.splits and not self._shards.waiting:
            lacking.append("an open shard")
        if not lacking and self._listings < CONFIRMATIONS:
            lacking.append("a confirmation")
        return lacking

    def _childless(self) -> List[str]:
        parents = {known.parent for known in self._lineage.shards.values()}
        return sorted(ended for ended in self._shards.done if ended not in parents)

    def _list_all(self, first: bool) -> ShardListing:
        shards = self._lister.list_dated(self.arn).description.Shards
        return ShardListing(shards, self._unneeded(shards) if first else set())

    def _list_children(self, ended: List[str], known: List[Shard]) -> ShardListing:
        children = [child for shard_id in ended for child in self._lister.children(self.arn, shard_id)]
        return ShardListing([*known, *children], set())

    def _check_blocked(self) -> None:
        lacking = self._unlisted()
        if not lacking:
            self._blocked = None
        elif self._blocked is None:
            self._blocked = self._clock()
        elif self._clock() - self._blocked > BLOCKED_SECONDS:
            raise TransientError(f"table {self.table}: the stream's listing lacks {lacking[0]}")

    def _start(self, started: List[Ready]) -> None:
        for ready in started:
            self._open(ready)

    def _open(self, ready: Ready) -> None:
        shard_id = ready.assignment.shard_id
        position = self._positions.get(shard_id)
        self.splits[shard_id] = ShardSplit(
            self._calls,
            StreamRef(self.arn, self.table, 0),
            ready,
            _key_itself,
            position.encode() if position else None,
            self._skip_before,
            POLL,
            monotonic=self._clock,
        )

    def _unneeded(self, shards: List[Shard]) -> Set[str]:
        view = ListingView({}, shards)
        return unneeded(view.parents(), self._skip_before, self._first_time)

    def _first_time(self, shard_id: str) -> Optional[float]:
        """The time of the oldest record of a shard that is left; None if it has none, or does not say."""
        try:
            iterator = self._calls.get_shard_iterator(self.arn, shard_id, TRIM_HORIZON, None)
            body, _ = self._calls.get_records(iterator, 1)
        except ServiceError:
            return None
        changes = records.decode(body, self.table).changes
        return changes[0].created if changes else None


def _as_listed(lineage: Lineage) -> List[Shard]:
    """The known shards as a listing shows them."""
    return [
        Shard(shard_id, known.parent or None, Range(EndingSequenceNumber="0" if known.closed else None))
        for shard_id, known in lineage.shards.items()
    ]


def _key_itself(keys: bytes) -> bytes:
    """Used for a split's digests: only the key of a change is needed."""
    return keys


def _copied(shards: ShardSet) -> ShardSet:
    """Without the ended shards, which only the forward job may read again."""
    return ShardSet(dict(shards.waiting), dict(shards.reading), dict(shards.done), set(shards.forgotten))
