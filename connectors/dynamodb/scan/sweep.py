"""After a gap, finds the target's items that no longer exist at the source.

A sweep reads the target, requests those keys from the source, and returns the missing ones, to be deleted.
No change of the table is written meanwhile: see connectors.model.steps. Without a sweep, a key deleted in the
gap would remain at the target forever.
"""

from __future__ import annotations

import time
from typing import Callable, List

from connectors.dynamodb.caller import Caller
from connectors.dynamodb.get import PointReads
from connectors.dynamodb.scan.request import ScanPage
from connectors.model.keys import KeyReader


class Sweep:
    def __init__(
        self,
        keys: KeyReader,
        source: Caller,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        # Consistent reads: an item that was just written must not look deleted.
        self._keys, self._reads = keys, PointReads(keys, source, consistent=True, sleep=sleep)

    def missing(self, page: ScanPage) -> List[bytes]:
        """`page` comes from the target. The keys, as DynamoDB JSON, that the source does not have."""
        items = [bytes(item) for item in page.Items]
        keys = {self._keys.digest(item): self._keys.key_json(item) for item in items}
        existing = self._reads.read(list(keys.values()), keys_only=True).items
        return [key for digest, key in keys.items() if digest not in existing]
