"""The additional threads of a worker of the forward job: reading, searching for children, reports."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Optional

from connectors.engine.board.publisher import BoardPublisher
from connectors.engine.worker.environment import Found
from connectors.forward.children import Children
from connectors.model.board import Board, Document
from connectors.model.orders import StreamOrder

READ_THREADS = 32
"""The number of concurrent requests, because a thread waits for a response most of its time."""
SEARCH_THREADS = 4
"""Separate from the threads that read: if many shards end at once, a search waits for its turn to call
DescribeStream."""


class WorkerThreads:
    def __init__(self, children: Children, board: Board, follows: bool) -> None:
        """`follows`: false for a job without streams, which has no steps: only errors are reported then."""
        self.reading = ThreadPoolExecutor(READ_THREADS, thread_name_prefix="read")
        self._searching = ThreadPoolExecutor(SEARCH_THREADS, thread_name_prefix="children")
        self._children = children
        self._board, self._follows = board, follows
        self._publisher: Optional[BoardPublisher] = None

    def find_children(self, order: StreamOrder, shard_id: str, root: str, take: Found) -> None:
        """As worker.Environment has it."""
        self._searching.submit(lambda: take(self._children(order, shard_id, root)))

    def publish(self, document: Document) -> None:
        if self._publisher is None and (self._follows or document.faults):
            self._publisher = BoardPublisher(self._board).start()
        if self._publisher is not None:
            self._publisher(document)

    def close(self) -> None:
        self.reading.shutdown(wait=False, cancel_futures=True)
        self._searching.shutdown(wait=False, cancel_futures=True)
        if self._publisher is not None:
            self._publisher.close()
