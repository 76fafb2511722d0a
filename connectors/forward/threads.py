"""The threads of one worker of the forward job beside its own: reading, searching for children, reports."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Optional

from connectors.engine.board.publisher import BoardPublisher
from connectors.engine.worker.environment import Found
from connectors.forward.children import Children
from connectors.model.board import Board, Document
from connectors.model.orders import StreamOrder

READ_THREADS = 32
"""A thread waits for a response most of its time: so many shards can be asked at once."""
SEARCH_THREADS = 4
"""Apart from those that read: where many shards end at once, a search waits for its turn to call
DescribeStream."""


class WorkerThreads:
    def __init__(self, children: Children, board: Optional[Board]) -> None:
        """`board`: None for a job without streams, to whose reports nobody listens."""
        self.reading = ThreadPoolExecutor(READ_THREADS, thread_name_prefix="read")
        self._searching = ThreadPoolExecutor(SEARCH_THREADS, thread_name_prefix="children")
        self._children = children
        self._publisher = BoardPublisher(board).start() if board is not None else None

    def find_children(self, order: StreamOrder, shard_id: str, root: str, found: Found) -> None:
        """As worker.Environment has it."""
        self._searching.submit(lambda: found(self._children(order, shard_id, root)))

    def publish(self, document: Document) -> None:
        if self._publisher is not None:
            self._publisher(document)

    def close(self) -> None:
        self.reading.shutdown(wait=False, cancel_futures=True)
        self._searching.shutdown(wait=False, cancel_futures=True)
        if self._publisher is not None:
            self._publisher.close()
