"""A source and a target to survey, made of what the test says."""

from __future__ import annotations

from collections import deque
from typing import Deque, Dict, List, Optional

from connectors.dynamodb.streams.calls import Range, Shard
from connectors.engine.enumerator.observations import Listed, Prepared
from connectors.engine.enumerator.table_planner import TableState


def open_shard(shard_id: str, parent: Optional[str] = None) -> Shard:
    return Shard(shard_id, parent, Range("1", None))


def closed_shard(shard_id: str, parent: Optional[str] = None) -> Shard:
    return Shard(shard_id, parent, Range("1", "9"))


class FakeLook:
    def __init__(self, *tables: str) -> None:
        self.tables = list(tables)
        self.arns: Dict[str, Optional[str]] = {}
        """Where they are not `arn <table>`."""
        self.target_ids: Dict[str, Optional[str]] = {}
        """Where they are not `id <table>`."""
        self.faults: Dict[str, Deque[Exception]] = {}
        self.calls: List[str] = []

    def fail(self, call: str, *faults: Exception) -> None:
        """The next such calls (`names`, `prepare t`, ..) raise these, one each."""
        self.faults.setdefault(call, deque()).extend(faults)

    def names(self) -> List[str]:
        self._enter("names")
        return list(self.tables)

    def prepare(self, state: TableState) -> Prepared:
        self._enter(f"prepare {state.table}")
        arn, target_id = f"arn {state.table}", f"id {state.table}"
        return Prepared(state.table, [("pk", "S")], arn, 0, 0, target_id=target_id)

    def shards(self, table: str, arn: str) -> Listed:
        self._enter(f"shards {table}")
        return Listed(table, arn, [open_shard("s")], 1_700_000_000.0)

    def stream_arn(self, table: str) -> Optional[str]:
        self._enter(f"stream {table}")
        return self.arns.get(table, f"arn {table}")

    def target_id(self, table: str) -> Optional[str]:
        self._enter(f"target {table}")
        return self.target_ids.get(table, f"id {table}")

    def _enter(self, call: str) -> None:
        self.calls.append(call)
        if self.faults.get(call):
            raise self.faults[call].popleft()
