"""The check without Flink, between the local stack's source and the PolarDB stand-in."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Callable, Iterator, List

import pytest

from connectors.config.settings import Settings
from tests.harness.check import CheckPipeline, parts_of
from tests.integration.forward.conftest import settings, sides, target  # noqa: F401 - fixtures
from tests.integration.forward.tables import Item, Sides

MakeCheck = Callable[..., CheckPipeline]
WINDOW, SETTLE = 0.5, 1.0


@pytest.fixture
def check(settings: Callable[..., Settings], tmp_path: Path) -> Iterator[MakeCheck]:  # noqa: F811
    """A function that runs a check. Its arguments are keys of application.yaml, and `components` or `seed` of
    the pipeline."""
    running: List[CheckPipeline] = []

    def make(components: Any = parts_of, seed: int = 0, **sets: Any) -> CheckPipeline:
        patience = {"check__windowSeconds": WINDOW, "check__settleSeconds": SETTLE}
        report = {"check__report": tmp_path / "report"}
        running.append(CheckPipeline(settings(**{**patience, **report, **sets}), components, seed))
        return running[-1]

    yield make
    for pipeline in running:
        pipeline.close()


class Both:
    """A table with the same items on both sides, and ways to damage the target's."""

    def __init__(
        self,
        sides: Sides,  # noqa: F811
        name: str = "",
        count: int = 200,
        stream: bool = False,
    ) -> None:
        self.sides = sides
        self.table = sides.make(name, "pid:S", "sid:N", stream=stream)
        self._make_target()
        self.items = [item_of(number) for number in range(count)]
        write(sides.source, self.table, self.items)
        write(sides.target, self.table, self.items)

    def _make_target(self) -> None:
        wanted = ("KeySchema", "AttributeDefinitions")
        found = self.sides.source.ask("DescribeTable", {"TableName": self.table})["Table"]
        request = {name: found[name] for name in wanted}
        self.sides.target.ask(
            "CreateTable", {"TableName": self.table, "BillingMode": "PAY_PER_REQUEST", **request}
        )

    def damage(self, number: int, **attributes: Any) -> str:
        """Change attributes at the target. Returns the key as text, in the form of `shown`."""
        item = {**self.items[number], **attributes}
        self.sides.target.ask("PutItem", {"TableName": self.table, "Item": item})
        return shown(item)

    def lose(self, number: int) -> str:
        key = key_of(self.items[number])
        self.sides.target.ask("DeleteItem", {"TableName": self.table, "Key": key})
        return shown(key)

    def add(self, number: int) -> str:
        item = item_of(number)
        self.sides.target.ask("PutItem", {"TableName": self.table, "Item": item})
        return shown(item)


def item_of(number: int) -> Item:
    return {
        "pid": {"S": f"p{number // 10}"},
        "sid": {"N": str(number * 100)},
        "name": {"S": f"name {number}"},
        "precise": {"N": "1.0000000000000000000000000000000000001"},
        "tags": {"SS": ["a", "b", "c"]},
        "blob": {"B": "AAEC"},
        "count": {"N": "1"},
    }


def key_of(item: Item) -> Item:
    return {name: item[name] for name in ("pid", "sid")}


def shown(key: Item) -> str:
    (sid,) = key["sid"].values()
    return f"{key['pid']['S']}/{sid}"


def write(client: Any, table: str, items: List[Item]) -> None:
    for at in range(0, len(items), 25):
        puts = [{"PutRequest": {"Item": item}} for item in items[at : at + 25]]
        left = client.ask("BatchWriteItem", {"RequestItems": {table: puts}}).get("UnprocessedItems")
        assert not left
        time.sleep(0)
