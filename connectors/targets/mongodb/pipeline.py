"""Requests in, durable writes out, over the driver's bulk writes: several threads, one request per thread.

1. Each thread has its own writer and therefore its own session. A write that is retried stays in the
   session of its first attempt: see connectors.targets.mongodb.bulk.
2. A key is never in two requests at once, so different threads never write the same key at the same time.
3. One table's requests occupy at most half of the threads: a table that is written slowly leaves the others
   some. This is why there are more threads than one table needs.
4. Requests of different tables are not joined: a collection has a bulk write of its own in any case.
5. Writes of a collection that refuses all of them are given up, and returned with the error.
6. After `close` a thread sends nothing more, also no retry. `close` waits for the bulk writes that have
   begun: otherwise the job's next run could write a key first, and an older value would replace it.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from typing import Callable, List, NamedTuple, Optional, Sequence, Union

from connectors.base.errors import TransientError
from connectors.base.table_fault import TableError
from connectors.base.timing import Timing
from connectors.dynamodb.limits import LimitOf, no_limit
from connectors.model.pipeline import ENDING_SECONDS, NEVER, Landed, WritePipeline, WriteRequest
from connectors.model.writes import Write, Writer, WriteReport

THREADS = 8
BULK = 500
"""Maximum number of writes per request."""

BeforeAttempt = Callable[[], None]
MakeWriter = Callable[[BeforeAttempt, Timing], Writer]
"""Creates a thread's writer. It calls the first before each attempt, and waits with the second."""


class _Result(NamedTuple):
    request: WriteRequest
    result: Union[WriteReport, BaseException]


class BulkPipeline(WritePipeline):
    def __init__(
        self,
        make_writer: MakeWriter,
        threads: int = THREADS,
        limit_of: LimitOf = no_limit,
    ) -> None:
        self._make_writer, self._limit_of = make_writer, limit_of
        self._most_threads, self._most_of_table = threads, (threads + 1) // 2
        self.most = self.most_copies = BULK
        self.retries = self.throttles = 0
        self._threads: List[threading.Thread] = []
        self._requests: queue.SimpleQueue[Optional[WriteRequest]] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[_Result] = queue.SimpleQueue()
        self._outstanding = 0
        self._by_table: Counter[str] = Counter()
        self._closed = threading.Event()
        self._timing = Timing(sleep=self._pause)

    def __len__(self) -> int:
        return self._outstanding

    def wait_for(self, table: str, now: float) -> float:
        if self._outstanding >= self._most_threads or self._by_table[table] >= self._most_of_table:
            return NEVER
        limit = self._limit_of(table)
        return limit.wait() if limit is not None else 0.0

    def mixes(self, table: str) -> bool:
        return False

    def send(self, request: WriteRequest) -> None:
        if self._outstanding == len(self._threads):  # all of them are busy
            self._start_thread()
        self._outstanding += 1
        self._by_table[request.table] += 1
        limit = self._limit_of(request.table)
        if limit is not None:
            limit.pay(len(request))
        self._requests.put(request)

    def landed(self, seconds: float) -> List[Landed]:
        landed: List[Landed] = []
        try:
            result = self._results.get(seconds > 0, seconds)
            while True:
                landed += self._finished(result)
                result = self._results.get_nowait()
        except queue.Empty:
            return landed

    def close(self) -> None:
        self._closed.set()
        for _ in self._threads:
            self._requests.put(None)
        until = time.monotonic() + ENDING_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _pause(self, seconds: float) -> None:
        self._closed.wait(seconds)

    def _require_open(self) -> None:
        if self._closed.is_set():
            raise TransientError("the job is stopping: this write is given up")

    def _finished(self, result: _Result) -> List[Landed]:
        request, report = result
        self._outstanding -= 1
        self._by_table[request.table] -= 1
        if isinstance(report, TableError):
            return [Landed(request, 0, 0, 0, True, () if request.bodies else request.writes, report)]
        if isinstance(report, BaseException):
            raise report
        self.retries += report.retries
        self.throttles += report.throttles
        return landed_of(request, report.refused)

    def _start_thread(self) -> None:
        name = f"mongodb-writer-{len(self._threads)}"
        thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self) -> None:
        writer: Optional[Writer] = None
        while not self._closed.is_set():
            request = self._requests.get()
            if request is None:
                break
            try:
                writer = writer or self._make_writer(self._require_open, self._timing)
                self._results.put(_Result(request, writer.write(request.writes)))
            except BaseException as error:  # passed to the pipeline's user, which raises it
                self._results.put(_Result(request, error))
        if writer is not None:
            writer.close()


def landed_of(request: WriteRequest, refused: Sequence[Write]) -> List[Landed]:
    """What has landed when a request is done. `refused`: its dead letters; that of a change lands alone."""
    dead = {id(write) for write in refused}
    durable = tuple(write for write in request.writes if id(write) not in dead)
    size = sum(len(write.body) for write in durable)
    if request.bodies:
        return [Landed(request, len(request), size, len(refused))]
    last = len(refused) - 1
    alone = [Landed(request, 1, 0, 1, at == last, (write,)) for at, write in enumerate(refused)]
    if not durable:
        return alone
    return [Landed(request, len(durable), size, 0, not refused, durable), *alone]
