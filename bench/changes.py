"""The last check of a cut-over, simulated: a table of any size has nothing but shards and changed keys.

    python -m bench.changes [--shards 1000] [--keys 3000] [--milliseconds 10]

Each call takes the given time and no network. Reading and comparing are those of the product. Signing and
HTTP are left out: about 0.5 ms of processor for each call.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Dict, List, Optional, Sequence, Set, Tuple

from connectors.check.access import Access, FoundKeys, ObservedItems, Units
from connectors.check.changes.chain import ChainTable, ReadState
from connectors.check.changes.comparing import KeysOfTable, NoBulk, compare
from connectors.check.changes.generation import READ_THREADS
from connectors.check.changes.reader import IDLE, ChangesReader
from connectors.check.changes.table import TableReading
from connectors.check.chunks import FingerprintRun
from connectors.check.components import TASK_THREADS
from connectors.check.convergence import ConvergenceRules
from connectors.check.lane import CheckLane, CheckPolicy
from connectors.check.report.difference import Difference
from connectors.check.report.files import ReportSink
from connectors.check.report.summary import CheckMode, CheckRun, ReportSide, Scope, Summary
from connectors.check.report_collector import ReportCollector
from connectors.config.choices import Direction
from connectors.dynamodb.streams.calls import DatedDescription, Range, Shard, StreamCalls, StreamDescription
from connectors.dynamodb.streams.lineage import CONFIRMATIONS, Known, Lineage
from connectors.dynamodb.streams.shard_set import Ready, ShardSet
from connectors.model.assignment import Assignment
from connectors.model.keys import KeyReader, Schema, key_schema
from connectors.model.writes import Write, WriteReport

TABLE, ARN, SCHEMA, LANES = "t", "arn", [("pk", "S")], 4
ITEM_BYTES = 1000


class SimulatedStream(StreamCalls):
    """Open shards, among which the changed keys are distributed. A shard has one page of them."""

    def __init__(self, shards: int, keys: int, seconds: float) -> None:
        self._seconds, self._calls = seconds, itertools.count(1)
        self.names = [f"shard-{number}" for number in range(shards)]
        self._keys = {name: list(range(number, keys, shards)) for number, name in enumerate(self.names)}
        self._number = itertools.count(10**20)

    @property
    def calls(self) -> int:
        return next(self._calls) - 1

    def describe_stream(self, arn: str, exclusive_start_shard_id: Optional[str]) -> StreamDescription:
        self._wait()
        return StreamDescription(arn, TABLE, [Shard(name, None, Range("1")) for name in self.names])

    def list_dated(self, arn: str) -> DatedDescription:
        return DatedDescription(self.describe_stream(arn, None), time.time())

    def children(self, arn: str, shard_id: str) -> List[Shard]:
        return []

    def get_shard_iterator(
        self, arn: str, shard_id: str, iterator_type: str, sequence_number: Optional[str]
    ) -> str:
        self._wait()
        return shard_id

    def get_records(self, iterator: str, limit: int) -> Tuple[bytes, float]:
        self._wait()
        keys, self._keys[iterator] = self._keys[iterator], []
        body = {"Records": [self._record(key) for key in keys], "NextShardIterator": iterator}
        return json.dumps(body).encode(), float(int(time.time()))

    def _record(self, number: int) -> Dict[str, object]:
        key = {"pk": {"S": f"key {number}"}}
        data = {"Keys": key, "NewImage": {**key, "v": {"S": "x" * ITEM_BYTES}}, "StreamViewType": "NEW_IMAGE"}
        data["SequenceNumber"] = str(next(self._number))
        data["ApproximateCreationDateTime"] = int(time.time())  # type: ignore[assignment]
        return {"eventName": "MODIFY", "dynamodb": data}

    def _wait(self) -> None:
        next(self._calls)
        time.sleep(self._seconds)


class EqualSides(Access):
    def __init__(self, seconds: float) -> None:
        self._seconds, self._reader = seconds, KeyReader(TABLE, key_schema(SCHEMA))

    def find(self, table: str, schema: Schema, run: FingerprintRun, digests: Set[bytes]) -> FoundKeys:
        raise AssertionError("known keys are not searched for")

    def look(self, table: str, schema: Schema, keys: Sequence[bytes]) -> ObservedItems:
        time.sleep(2 * self._seconds)
        value = b',"v":{"S":"' + b"x" * ITEM_BYTES + b'"}}'
        items = {self._reader.digest(key): key[:-1] + value for key in keys}
        now = time.monotonic()
        return ObservedItems(items, now, dict(items), now, Units())

    def write(self, writes: Sequence[Write]) -> WriteReport:
        raise AssertionError("nothing is repaired")

    def close(self) -> None:
        pass


class NoReport(ReportSink):
    def add(self, differences: object) -> None:
        raise AssertionError("the sides are equal")

    def rewrite(self, differences: Sequence[Difference]) -> None:  # type: ignore[override]
        pass

    def publish(self, summary: Summary) -> None:
        pass

    def put_chain(self, chain: bytes) -> None:
        pass

    def close(self) -> None:
        pass


def begun(stream: SimulatedStream, now: float) -> ChainTable:
    """The table as an earlier generation has left it."""
    known = {name: Known("", name, False) for name in stream.names}
    reading = {name: Ready(Assignment(name, None, name, "1")) for name in stream.names}
    state = ReadState(Lineage(True, True, known), ShardSet(reading=reading), {}, CONFIRMATIONS)
    return ChainTable(arn=ARN, since=now, state=state)


def read(stream: SimulatedStream) -> Dict[bytes, bytes]:
    started = int(time.time())
    table = TableReading(KeyReader(TABLE, key_schema(SCHEMA)), begun(stream, started), stream, stream)
    with ThreadPoolExecutor(READ_THREADS) as pool:
        reader = ChangesReader([table], pool, pool)
        while not reader.complete(started):
            reader.turn()
            time.sleep(IDLE)
        return reader.take()[TABLE]


def compared(keys: Dict[bytes, bytes], seconds: float) -> Summary:
    side, now = ReportSide("simulated", ""), time.time()
    mode = CheckMode(Scope.CHANGES, generation=1)
    run = CheckRun(started=now, ended=now, direction=Direction.FORWARD, mode=mode, source=side, target=side)
    policy = CheckPolicy(ConvergenceRules(60.0, 15.0))
    with ThreadPoolExecutor(TASK_THREADS) as pool:
        lanes = [CheckLane(number, policy, EqualSides(seconds), NoBulk(), pool) for number in range(LANES)]
        collector = ReportCollector(run, LANES, NoReport())
        return compare(lanes, [KeysOfTable(TABLE, SCHEMA, [], keys)], collector)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shards", type=int, default=1000, help="a partition of 10 GB has one")
    parser.add_argument("--keys", type=int, default=3000, help="changed since the last generation")
    parser.add_argument("--milliseconds", type=float, default=10.0, help="of each call")
    given = parser.parse_args()
    stream, seconds = (
        SimulatedStream(given.shards, given.keys, given.milliseconds / 1000),
        given.milliseconds / 1000,
    )
    began, used = time.monotonic(), time.process_time()
    keys = read(stream)
    half = time.monotonic()
    summary = compared(keys, seconds)
    end, processor = time.monotonic(), time.process_time() - used
    print(f"read       {half - began:5.1f} s, {stream.calls:,} calls")
    print(f"compared   {end - half:5.1f} s, {summary.totals.compared:,} keys: {summary.verdict.value}")
    print(f"together   {end - began:5.1f} s, {processor:.1f} s of processor")


if __name__ == "__main__":
    main()
