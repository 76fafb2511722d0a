"""After a gap, deletes the target's items that no longer exist at the source.

A sweep reads the target, requests those keys from the source, and converts the missing ones to deletes. Its
entries count as scanned ones: the lane drops those whose key the stream has touched, since a newer image was
written or follows. Without a sweep, a key deleted in the gap would remain at the target forever.
"""

from __future__ import annotations

import time
from typing import Callable, List

from connectors.dynamodb.caller import Caller
from connectors.dynamodb.get import PointReads
from connectors.dynamodb.scan.request import ScanPage
from connectors.dynamodb.scan.segment import EntrySource
from connectors.model.keys import KeyReader
from connectors.model.lane_batch import Entry


class Sweep(EntrySource):
    """`page` comes from the target; `source` is asked which of its keys still exist."""

    def __init__(
        self,
        table: str,
        generation: int,
        keys: KeyReader,
        source: Caller,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.table, self.generation, self._keys = table, generation, keys
        # Consistent reads: an item that was just written must not look deleted.
        self._reads = PointReads(keys, source, consistent=True, sleep=sleep)

    def entries(self, page: ScanPage) -> List[Entry]:
        items = [bytes(item) for item in page.Items]
        keys = {self._keys.digest(item): self._keys.key_json(item) for item in items}
        existing = self._reads.read(list(keys.values()), keys_only=True).items
        return [(digest, key, True) for digest, key in keys.items() if digest not in existing]
