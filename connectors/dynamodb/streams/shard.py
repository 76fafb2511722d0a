"""One shard of a stream, read from its position to its end."""

from __future__ import annotations

import logging
import time
from typing import Callable, List, Optional

import msgspec

from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.streams import anchor, gap
from connectors.dynamodb.streams.calls import GET_RECORDS_LIMIT, StreamCalls
from connectors.dynamodb.streams.cursor import Cursor, FetchedRecords, ShardVanished, StreamRef
from connectors.dynamodb.streams.position import Horizon, ShardPosition
from connectors.dynamodb.streams.records import StreamChange
from connectors.dynamodb.streams.shard_set import Ready
from connectors.model.digests import Entry
from connectors.model.pages import ReadPage, ReadSplit

log = logging.getLogger(__name__)

OVERHEAD = 128
"""Bytes that a change takes in memory beside its body."""


class ShardSplit(ReadSplit):
    """A split (see connectors.model.pages). `skip_before`: changes made before this time are not needed
    (epoch seconds, the service's clock; choose it minutes too early, since a record's time is rounded).

    To read from now on, set `skip_before=now`: a LATEST iterator could not be restored after a crash.
    """

    def __init__(
        self,
        calls: StreamCalls,
        stream: StreamRef,
        shard: Ready,
        key_digest: Callable[[bytes], bytes],
        position: Optional[bytes] = None,
        skip_before: Optional[float] = None,
        poll: float = 0.1,
        limit: int = GET_RECORDS_LIMIT,
        monotonic: Callable[[], float] = time.monotonic,
        registered: float = 0.0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`position`: an earlier snapshot. `poll`: seconds between two calls while few changes arrive.
        `registered`: when the stream's shards were first listed; epoch seconds, as `wall`."""
        self._stream, self._shard, self._assigned = stream, shard, shard.assignment
        self._key_digest, self._skip_before = key_digest, skip_before
        self._position = ShardPosition.decode(position) if position else ShardPosition()
        self._since = max(shard.since, skip_before or 0.0, gap.born(self._assigned.shard_id))
        self._horizon = Horizon(self._position.horizon)
        self._cursor = Cursor(calls, stream, self._assigned.shard_id, poll, limit, monotonic)
        self._whole = self._young = False
        self._calls, self._registered, self._wall = calls, registered, wall
        self.split_id = f"{stream.table}/{stream.generation}/{self._assigned.shard_id}"

    def next_page(self) -> Optional[ReadPage]:
        """One GetRecords call. Raises GapError if records were trimmed or the stream no longer exists."""
        try:
            fetched = self._cursor.fetch(self._position.sequence)
        except ShardVanished:
            if not self._expired_before_the_start():
                raise
            return self._passed_over()
        if fetched is None:
            return None
        if fetched.new_iterator:
            self._begin(fetched.now)
        self._horizon.count(len(fetched.page.changes))
        if not self._whole:
            self._check_head(fetched)
        return self._page(fetched)

    def next_awake(self) -> float:
        return self._cursor.awake

    def close(self) -> None:
        self._cursor.close()

    def _expired_before_the_start(self) -> bool:
        """Whether the shard is gone, and all of its records were made before its stream was registered. A
        reader of the remaining records does not need them. Once something of its family has been read, or a
        day has passed, changes may be lost."""
        begun = self._shard.since > 0 or self._position != ShardPosition()
        if begun or self._skip_before is not None or not gap.is_young(self._wall(), self._registered):
            return False
        try:
            self._calls.describe_stream(self._stream.arn, None)
        except ServiceError:
            return False  # the stream itself is gone
        return True

    def _passed_over(self) -> ReadPage:
        shard_id = self._assigned.shard_id
        log.warning("table %s: shard %s expired before it was read", self._stream.table, shard_id)
        return ReadPage(self._position.encode(), 0, 0, done=True, origin=f"shard {shard_id}")

    def _begin(self, now: float) -> None:
        """Begin with a new iterator. The age is determined at its first page: an iterator still returns every
        record that existed then."""
        self._horizon.lost_place()
        self._young = gap.is_young(now, max(self._since, self._position.reached))
        self._whole = self._needs_no_proof()

    def _needs_no_proof(self) -> bool:
        """Whether the start of the shard need not be proved complete. After a sequence number, the service
        itself reports a gap. A reader that wants only the remaining records may begin anywhere, but only once
        in a family."""
        begun = self._shard.since > 0 or self._position.horizon > 0
        return bool(self._position.sequence) or not (begun or self._skip_before is not None)

    def _check_head(self, fetched: FetchedRecords) -> None:
        changes, end = fetched.page.changes, fetched.page.next_iterator is None
        if not (self._young or changes or end or self._horizon.at_tip):
            return
        first = changes[0].sequence if changes else None
        if not gap.head_is_whole(first, self._assigned.starting_sequence_number, self._young):
            raise self._cursor.gap("its first records may have been trimmed before they were read")
        self._whole = True

    def _page(self, fetched: FetchedRecords) -> Optional[ReadPage]:
        page, horizon = fetched.page, self._position.horizon
        origin = f"shard {self._assigned.shard_id} after {self._position.sequence or 'its start'}"
        entries = self._new_entries(page.changes)
        self._move_horizon(fetched)
        done = page.next_iterator is None
        if not page.changes and not done and self._position.horizon == horizon:
            return None
        trail = anchor.pruned(self._position.trail, self._position.reached)
        self._position = msgspec.structs.replace(self._position, trail=trail)
        return ReadPage(
            self._position.encode(),
            sum(len(body) for _, body, _ in entries) + OVERHEAD * len(entries),
            len(page.changes),
            changes=entries,
            done=done,
            horizon=self._horizon.value or None,
            origin=origin,
        )

    def _new_entries(self, changes: List[StreamChange]) -> List[Entry]:
        """Advance the position past all changes. Returns those that are neither replays nor older than
        needed."""
        sequence, number, latest = self._position.sequence, self._position.number, self._position.time
        trail = self._position.trail
        entries: List[Entry] = []
        for change in changes:
            if int(change.sequence) <= number:
                continue
            trail = anchor.extended(trail, sequence, latest, change.created)
            # Kept as received: local servers pad with zeros and expect them.
            sequence, number = change.sequence, int(change.sequence)
            latest = max(latest, change.created)
            if self._skip_before is None or change.created >= self._skip_before:
                entries.append((self._key_digest(change.keys), change.body, change.delete))
        self._position = msgspec.structs.replace(self._position, sequence=sequence, time=latest, trail=trail)
        return entries

    def _move_horizon(self, fetched: FetchedRecords) -> None:
        if fetched.page.changes:
            self._horizon.read_to_record(self._position.time)
        elif self._horizon.at_tip and fetched.page.next_iterator is not None:
            self._horizon.read_to_tip(fetched.now)
        self._position = msgspec.structs.replace(self._position, horizon=self._horizon.value)
