"""Reads one shard page by page: requests iterators, replaces expired ones, and backs off when throttled."""

from __future__ import annotations

import random
import time
from typing import Callable, NamedTuple, Optional, Type

from connectors.base.errors import GapError, TransientError
from connectors.dynamodb.answers import DamagedError
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.streams import records
from connectors.dynamodb.streams.calls import (
    AFTER_SEQUENCE_NUMBER,
    GET_RECORDS_LIMIT,
    TRIM_HORIZON,
    StreamCalls,
)

IDLE_CEILING = 1.0
"""Seconds. An idle shard costs one call per second, and its first change is read within a second."""
_GROWTH = 1.25
_FIRST_BACKOFF, _LAST_BACKOFF = 0.5, 10.0


class PollPace:
    """Pauses in seconds: none after a full page, `poll` after data, growing while pages are empty."""

    def __init__(self, poll: float, jitter: Callable[[], float] = random.random) -> None:
        self._poll, self._ceiling, self._jitter = poll, max(poll, IDLE_CEILING), jitter
        self._idle, self._backoff = poll, _FIRST_BACKOFF

    def after_page(self, changes: int, full: bool) -> float:
        self._backoff = _FIRST_BACKOFF
        if changes:
            self._idle = self._poll
            return 0.0 if full else self._poll
        pause, self._idle = self._idle, min(self._idle * _GROWTH, self._ceiling)
        return pause

    def after_throttle(self) -> float:
        """Doubling, half of it random: shards that were throttled together must not retry together."""
        pause, self._backoff = self._backoff, min(self._backoff * 2, _LAST_BACKOFF)
        return pause * (0.5 + 0.5 * self._jitter())


EXPIRED = "ExpiredIteratorException"
TRIMMED = "TrimmedDataAccessException"
VANISHED = "ResourceNotFoundException"
THROTTLED = frozenset(
    (
        "LimitExceededException",
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
    )
)
PATIENCE = 300.0
"""Seconds of continuous throttling, or of refused new iterators, before an error is raised."""
FULL_PAGE = 256 * 1024
"""Bytes from which on a page may have ended at the service's 1 MB limit: the two images of a 400 KB item no
longer fitted."""


class StreamRef(NamedTuple):
    arn: str
    table: str
    generation: int


class FetchedRecords(NamedTuple):
    page: records.RecordsPage
    now: float
    """The service's Date, epoch seconds."""
    new_iterator: bool
    """It is the first page of a new iterator."""


class ShardVanished(GapError):
    """The stream or the shard does not exist any more."""


class Cursor:
    def __init__(
        self,
        calls: StreamCalls,
        stream: StreamRef,
        shard_id: str,
        poll: float,
        limit: int = GET_RECORDS_LIMIT,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._calls, self._stream, self._shard_id = calls, stream, shard_id
        self._pace, self._limit, self._monotonic = PollPace(poll), limit, monotonic
        self._iterator: Optional[str] = None
        self._new_iterator = True
        self._refused_since: Optional[float] = None
        self.awake = 0.0

    def fetch(self, sequence: str) -> Optional[FetchedRecords]:
        """The next page; None after a transient fault. `sequence`: that of the last record read, or empty.

        Raises GapError if the records after it were trimmed.
        """
        try:
            if self._iterator is None:
                self._new_iterator = True
                self._iterator = self._take_iterator(sequence)
            body, now = self._calls.get_records(self._iterator, self._limit)
        except ServiceError as fault:
            self._handle(fault, sequence)
            return None
        try:
            page = records.decode(body, self._stream.table)
        except DamagedError as fault:
            self._back_off(f"unreadable answers for {PATIENCE:.0f} s: {fault}")
            return None
        fetched = FetchedRecords(page, now, self._new_iterator)
        self._iterator, self._new_iterator = page.next_iterator, False
        self._refused_since = None
        full = len(page.changes) >= self._limit or len(body) >= FULL_PAGE
        self.awake = self._monotonic() + self._pace.after_page(len(page.changes), full)
        return fetched

    def close(self) -> None:
        self._iterator = None

    def _take_iterator(self, sequence: str) -> str:
        kind = AFTER_SEQUENCE_NUMBER if sequence else TRIM_HORIZON
        return self._calls.get_shard_iterator(self._stream.arn, self._shard_id, kind, sequence or None)

    def _handle(self, fault: ServiceError, sequence: str) -> None:
        if fault.code in THROTTLED:
            self._back_off(
                f"throttled for {PATIENCE:.0f} s: {fault}. "
                "A shard serves at most two readers: check which other consumers read the stream."
            )
            return
        self._iterator = None
        if fault.code == VANISHED:
            reason = "the stream or the shard is gone: disabled, deleted, or more than 24 hours old"
            raise self.gap(reason, ShardVanished)
        if fault.code == TRIMMED and sequence:
            raise self.gap(f"records after {sequence} were trimmed, being more than 24 hours old")
        if fault.code not in (TRIMMED, EXPIRED):
            raise fault
        if self._new_iterator:
            self._back_off(f"new iterators are refused for {PATIENCE:.0f} s: {fault}")

    def _back_off(self, meaning: str) -> None:
        """Set the next pause. `meaning`: the error once the pauses have lasted too long."""
        now = self._monotonic()
        if self._refused_since is None:
            self._refused_since = now
        if now - self._refused_since > PATIENCE:
            raise TransientError(f"table {self._stream.table}: shard {self._shard_id}: {meaning}")
        self.awake = now + self._pace.after_throttle()

    def gap(self, reason: str, kind: Type[GapError] = GapError) -> GapError:
        return kind(self._stream.table, f"shard {self._shard_id}: {reason}")
