"""Both sides of a copy as a test sees them: its tables, its items, and whether they are equal."""

from __future__ import annotations

import time
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from local.traffic import Client
from local.traffic.tables import STREAM
from local.verify import Documents, Verdict, compare
from local.verify.side import Target
from tests.harness.paced import PATIENCE_SECONDS
from tests.harness.pipeline import Pipeline

Item = Dict[str, Any]
LOOK_SECONDS = 0.3
QUIET_SECONDS = 0.4
"""Several polls of an idle shard: a late, older write would have come by then."""


class Sides(NamedTuple):
    source: Client
    target: Target
    prefix: str

    def name(self, name: str = "") -> str:
        return f"{self.prefix}{name}"

    def make(self, name: str = "", *keys: str, stream: bool = True, **more: Any) -> str:
        """A table at the source; a key is `name:TYPE`. Returns its whole name."""
        parts = [key.rsplit(":", 1) for key in keys or ("pid:S", "sid:N")]
        request: Dict[str, Any] = {
            "TableName": self.name(name),
            "KeySchema": schema([part[0] for part in parts]),
            "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, t in parts],
            "BillingMode": "PAY_PER_REQUEST",
        }
        if stream:
            request["StreamSpecification"] = STREAM
        extra = more.pop("AttributeDefinitions", [])
        request["AttributeDefinitions"] += extra
        self.source.ask("CreateTable", {**request, **more})
        return self.name(name)

    def put(self, table: str, *items: Item) -> None:
        for item in items:
            self.source.ask("PutItem", {"TableName": table, "Item": item})

    def delete(self, table: str, *keys: Item) -> None:
        for key in keys:
            self.source.ask("DeleteItem", {"TableName": table, "Key": key})

    def items(self, table: str, source: bool = False) -> List[Item]:
        """All items of a side."""
        client = self.source if source else self.target
        if isinstance(client, Documents):
            return client.items(table)
        found: List[Item] = []
        request: Dict[str, Any] = {"TableName": table}
        while True:
            page = client.ask("Scan", request)
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def verdict(self, tables: Optional[Sequence[str]] = None) -> Verdict:
        mine = [name for name in self.listed(self.source) if tables is None or name in tables]
        return compare(self.source, self.target, mine)

    def listed(self, side: Client) -> List[str]:
        """This test's tables."""
        names: List[str] = []
        request: Dict[str, Any] = {}
        while True:
            page = side.ask("ListTables", request)
            names += [name for name in page["TableNames"] if name.startswith(self.prefix)]
            if not page.get("LastEvaluatedTableName"):
                return names
            request = {"ExclusiveStartTableName": page["LastEvaluatedTableName"]}

    def settle(
        self, job: Pipeline, tables: Optional[Sequence[str]] = None, seconds: float = PATIENCE_SECONDS
    ) -> None:
        """Run until both sides are equal, and see that they stay so. Nobody may write meanwhile."""
        look = Looks(self, tables)
        try:
            job.run_until(look, seconds)
        except AssertionError as late:
            raise AssertionError(f"{late}\n{self.verdict(tables)}") from None
        job.run_for(QUIET_SECONDS)
        job.checkpoint()
        verdict = self.verdict(tables)
        assert verdict.equal, str(verdict)


class Looks:
    """Whether the sides are equal, looked at only now and then."""

    def __init__(self, sides: Sides, tables: Optional[Sequence[str]]) -> None:
        self._sides, self._tables, self._next = sides, tables, 0.0

    def __call__(self) -> bool:
        if time.monotonic() < self._next:
            return False
        equal = self._sides.verdict(self._tables).equal
        self._next = time.monotonic() + LOOK_SECONDS
        return equal


def schema(names: Sequence[str]) -> List[Dict[str, str]]:
    return [{"AttributeName": name, "KeyType": role} for name, role in zip(names, ("HASH", "RANGE"))]
