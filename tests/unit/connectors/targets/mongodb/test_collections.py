from __future__ import annotations

from typing import Any, Dict, Iterator, List

import pytest

from connectors.base.errors import PreflightError
from connectors.dynamodb.tables.ensure import Existing
from connectors.targets.mongodb.collections import Collections
from connectors.targets.mongodb.convert import Shape
from connectors.targets.mongodb.preflight import MongoPreflight
from connectors.targets.preflight.sides import PreflightOptions
from tests.unit.connectors.targets.mongodb.test_index_plan import BOTH, PAIR, RESTRICTED, UNFIT, table
from tests.unit.connectors.targets.preflight.job import White


class Database:
    """With one collection `orders`, which listCollections shows as `listed`."""

    name = "app"

    def __init__(self, listed: Dict[str, Any], indexes: Dict[str, Any]) -> None:
        self.listed = {"name": "orders", **listed}
        self.indexes = {"_id_": {"key": [("_id", 1)]}, **indexes}
        self.done: List[str] = []

    def __getitem__(self, name: str) -> Any:
        return self

    def list_collections(self, filter: Dict[str, Any]) -> Iterator[Dict[str, Any]]:
        yield from [self.listed] if filter["name"] == self.listed["name"] else []

    def list_collection_names(self, filter: Dict[str, Any]) -> List[str]:
        return [collection["name"] for collection in self.list_collections(filter)]

    def index_information(self) -> Dict[str, Any]:
        return self.indexes

    def find_one(self, *_: Any) -> Any:
        return None

    def drop_collection(self, name: str) -> None:
        self.done.append("drop")
        self.listed = {"name": ""}

    def create_collection(self, name: str) -> None:
        self.done.append("create")

    def create_index(self, keys: Any, unique: bool) -> None:
        self.done.append("index")


@pytest.mark.parametrize("existing", [Existing.KEEP, Existing.FAIL])
@pytest.mark.parametrize("case", UNFIT)
def test_a_collection_that_cannot_hold_the_table_is_refused_before_anything_is_done(
    case: str, existing: Existing
) -> None:
    listed, told = UNFIT[case]
    database: Any = Database(listed, {})
    with pytest.raises(
        PreflightError, match=f"table orders: its collection .*{told}.*tables.existing: recreate"
    ):
        Collections(database, Shape(), existing).ensure(table(BOTH))
    found = MongoPreflight(database, Shape()).look(table(BOTH), None, wanted(existing))
    assert told in found.problems[0].text
    assert database.done == []


@pytest.mark.parametrize("way", RESTRICTED)
def test_an_index_that_does_not_hold_for_every_key_is_refused(way: str) -> None:
    database: Any = Database({}, {"a": RESTRICTED[way]})
    with pytest.raises(PreflightError, match=r"pk, sk that is not unique for all \("):
        Collections(database, Shape(), Existing.KEEP).ensure(table(BOTH))
    assert database.done == []


def test_what_is_dropped_may_be_of_any_kind() -> None:
    database: Any = Database(UNFIT["capped"][0], {})
    Collections(database, Shape(), Existing.RECREATE).ensure(table(BOTH))
    assert database.done[:2] == ["drop", "create"]


def test_an_ordinary_collection_is_kept() -> None:
    database: Any = Database({"type": "collection", "options": {}}, {"a": {"key": PAIR, "unique": True}})
    Collections(database, Shape(), Existing.KEEP).ensure(table(BOTH))
    assert database.done == ["index"]


def wanted(existing: Existing) -> PreflightOptions:
    made = PreflightOptions(White())
    return made._replace(tables=made.tables._replace(existing=existing))
