"""One shard on the bench, and the means to read it."""

from __future__ import annotations

import json
from typing import List, Optional, Tuple

from connectors.dynamodb.streams.cursor import StreamRef
from connectors.dynamodb.streams.shard import ShardSplit
from connectors.dynamodb.streams.shard_set import Ready
from connectors.model.assignment import Assignment
from connectors.model.digests import digest_of
from connectors.model.pages import ReadPage
from tests.fakes.streams import FakeStreams

HOUR = 3600.0


def digest(keys: bytes) -> bytes:
    return digest_of("orders", keys)


class BenchSplit(ShardSplit):
    """Keeps the position of the last page."""

    last: Optional[bytes] = None

    def next_page(self) -> Optional[ReadPage]:
        page = super().next_page()
        if page is not None:
            self.last = page.position
        return page


class Bench:
    """A stream with one shard, and the means to read it."""

    def __init__(self, timed_ids: bool = False) -> None:
        self.fake = FakeStreams()
        self.fake.timed_ids = timed_ids
        self.arn = self.fake.create("orders")
        self.shard_id = self.fake.open_shards(self.arn)[0].shard_id
        self.since = 0.0
        self.tick = 1000.0

    def split(
        self, position: Optional[bytes] = None, skip_before: Optional[float] = None, limit: int = 1000
    ) -> BenchSplit:
        start = str(self.fake.streams[self.arn].shards[self.shard_id].start)
        shard = Ready(Assignment(self.shard_id, None, self.shard_id, start), self.since)
        stream = StreamRef(self.arn, "orders", 3)
        return BenchSplit(
            self.fake, stream, shard, digest, position, skip_before, 0.1, limit, lambda: self.tick
        )

    def put(self, *values: int, key: str = "k") -> None:
        for value in values:
            self.fake.put(self.arn, key, value)

    def rotate(self) -> None:
        self.fake.rotate(self.arn, self.shard_id)


def values(page: Optional[ReadPage]) -> List[int]:
    return [int(json.loads(body)["v"]["N"]) for _, body, _ in page.changes] if page else []


def read(split: ShardSplit, steps: int = 10) -> Tuple[List[int], bool]:
    found: List[int] = []
    for _ in range(steps):
        page = split.next_page()
        found += values(page)
        if page and page.done:
            return found, True
    return found, False
