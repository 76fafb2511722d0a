"""Fingerprints of pages of items: 24 bytes per item, and the keys between which each item can be read
again."""

from __future__ import annotations

from typing import Any, List, Mapping, NamedTuple

import numpy as np

from connectors.dynamodb.scan.request import ScanPage
from connectors.dynamodb.scan.segment import PageLoads, SegmentSource
from connectors.model.canonical import DIGEST_SIZE as VALUE_SIZE
from connectors.model.digests import DIGEST_SIZE as KEY_SIZE
from connectors.model.orders import SegmentOrder
from connectors.model.records import Fingerprints, Load
from connectors.targets.check_contract import Form

RECORD = KEY_SIZE + VALUE_SIZE
"""Bytes of an item in `Fingerprints.blob`."""
RUN = 32
"""Maximum items between two bounds, and therefore the number of items that one suspect costs to read
again."""
BOUND_BYTES = 16
"""Bytes of bounds per item. Long keys therefore have longer runs. Each lane gets every bound."""
_FIRST_HALF = np.uint64(0xFFFFFFFF)


class FingerprintSource(SegmentSource):
    def __init__(self, order: SegmentOrder, form: Form) -> None:
        self.table, self._order, self._form = order.table, order, form

    def begin(self, after: bytes, lanes: int) -> PageFingerprints:
        return PageFingerprints(self._order, self._form, after, lanes)


class PageFingerprints(PageLoads):
    """The fingerprints of consecutive pages, as if they were one page."""

    def __init__(self, order: SegmentOrder, form: Form, after: bytes, lanes: int) -> None:
        self._order, self._form, self._lanes = order, form, lanes
        self._bounds, self._run = [after or order.after], RUN
        self._records: List[bytes] = []
        self._units = 0.0
        self.items = 0

    def add(self, page: ScanPage) -> None:
        items: List[Any] = page.Items
        bound = self._form.bound
        if items and not self.items:
            self._run = max(RUN, self._lanes * len(bound(items[0])) // BOUND_BYTES)
        self._bounds += [bound(item) for item in items[self._run - 1 - self.items % self._run :: self._run]]
        self._records.append(b"".join(map(self._form.fingerprint, items)))
        self.items += len(items)
        self._units += page.units

    def loads(self, key: bytes) -> Mapping[int, Load]:
        """A part for each lane. Lane 0 always gets one, which contains the consumed read units."""
        if self.items:
            if self.items % self._run == 0:
                self._bounds.pop()  # the last run ends where the pages end
            self._bounds.append(key or self._order.until)
        sorted_ = partition_records(b"".join(self._records), self._run, self._lanes)
        return {
            lane: self._part(sorted_, lane) for lane in range(self._lanes) if lane == 0 or sorted_.blobs[lane]
        }

    def _part(self, sorted_: PartitionedRecords, lane: int) -> Fingerprints:
        order = self._order
        return Fingerprints(
            order.table,
            order.schema,
            order.of_target,
            order.segment,
            order.total,
            self._units if lane == 0 else 0.0,
            self._run,
            sorted_.blobs[lane],
            sorted_.counts[lane],
            self._bounds,
        )


class PartitionedRecords(NamedTuple):
    blobs: List[bytes]
    """Records by lane."""
    counts: List[List[int]]
    """Number of records of each run, by lane."""


def partition_records(records: bytes, run: int, lanes: int) -> PartitionedRecords:
    """The records of each lane, in their order. Computes the same lanes as `lane_of`, for a whole page at
    once."""
    words = np.frombuffer(records, "<u8").reshape(-1, RECORD // 8)
    lane = ((words[:, 0] & _FIRST_HALF) % np.uint64(lanes)).astype(np.intp)
    runs = -(-len(words) // run)
    counts = np.bincount(lane * runs + np.arange(len(words)) // run, minlength=lanes * runs)
    ends = np.cumsum(np.bincount(lane, minlength=lanes))[:-1]
    blobs = np.split(words[np.argsort(lane, kind="stable")], ends)
    return PartitionedRecords([blob.tobytes() for blob in blobs], counts.reshape(lanes, runs).tolist())
