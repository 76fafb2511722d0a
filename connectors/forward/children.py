"""Finds the children of a shard that has been read to its end, in the worker that has read it.

The children belong to the same family, so the same slot reads them, and the enumerator is not involved. It
also lists all shards periodically, and assigns those that were not found here.
"""

from __future__ import annotations

import logging
import time
from typing import Callable, List

from connectors.base.errors import PolarshakeError
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.streams.calls import Shard
from connectors.model.assignment import Assignment
from connectors.model.orders import StreamOrder

log = logging.getLogger(__name__)

PAUSES = (0.0, 0.2, 0.5, 1.0)
"""Seconds before each request: a child is listed shortly after its parent has ended."""


class Children:
    def __init__(
        self, listed: Callable[[str, str], List[Shard]], sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """`listed`: (ARN, shard) -> its children."""
        self._listed, self._sleep = listed, sleep

    def __call__(self, order: StreamOrder, shard_id: str, root: str) -> StreamOrder:
        """An order for the children of a shard of the family `root`; without any if none are found."""
        assign = [
            Assignment(shard.ShardId, shard_id, root, shard.SequenceNumberRange.StartingSequenceNumber)
            for shard in self._find(order, shard_id)
        ]
        return StreamOrder(
            order.table, order.generation, order.schema, order.arn, order.since, order.skip_before, assign
        )

    def _find(self, order: StreamOrder, shard_id: str) -> List[Shard]:
        for pause in PAUSES:
            self._sleep(pause)
            try:
                children = self._listed(order.arn, shard_id)
            except (ServiceError, PolarshakeError) as error:
                log.info("table %s: children of shard %s: %s", order.table, shard_id, error)
                return []
            if children:
                return children
        return []
