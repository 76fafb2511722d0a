from __future__ import annotations

import json
from typing import Any, Callable, Dict, Tuple

import pytest

from connectors.base.errors import PreflightError
from connectors.dynamodb.client import Client
from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.compare import index_warnings, key_difference
from connectors.dynamodb.tables.copy import ttl_request
from connectors.dynamodb.tables.description import TableDescription
from connectors.dynamodb.tables.ensure import Existing, TableOptions, ensure_target
from connectors.dynamodb.tables.stream import ensure_stream
from connectors.targets.dynamodb_api.preflight import EndpointPreflight
from connectors.targets.preflight.check import preflight
from connectors.targets.preflight.sides import PreflightOptions, PreflightSides

NewName = Callable[[], str]


class Only:
    """A filter."""

    def __init__(self, *names: str) -> None:
        self.white_table_set: Tuple[str, ...] = names

    def allows(self, name: str) -> bool:
        return name in self.white_table_set


def definition(name: str, key: str = "pk") -> Dict[str, Any]:
    keys = {key: "S", "sk": "N", "state": "S", "when": "B"}
    return {
        "TableName": name,
        "KeySchema": _keys(key, "sk"),
        "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, t in keys.items()],
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": {"ReadCapacityUnits": 7, "WriteCapacityUnits": 3},
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by-state",
                "KeySchema": _keys("state", "when"),
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["sk", "total"]},
                "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 2},
            }
        ],
        "LocalSecondaryIndexes": [
            {
                "IndexName": "by-when",
                "KeySchema": _keys(key, "when"),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    }


def _keys(*names: str) -> Any:
    return [{"AttributeName": name, "KeyType": role} for name, role in zip(names, ("HASH", "RANGE"))]


def made(side: Client, name: str, key: str = "pk") -> TableDescription:
    api.create_table(side, definition(name, key))
    return described(side, name)


def described(side: Client, name: str) -> TableDescription:
    found = api.describe_table(side, name)
    assert found is not None
    return found


def put(side: Client, name: str, key: str = "pk") -> None:
    item = {key: {"S": "a"}, "sk": {"N": "1"}}
    side.call("PutItem", json.dumps({"TableName": name, "Item": item}).encode())


def test_the_target_table_gets_keys_indexes_and_time_to_live_of_the_source(
    source: Client, target: Client, new_name: NewName
) -> None:
    table = made(source, new_name())
    assert ensure_target(table, "expires", target) == []
    copy = described(target, table.TableName)
    assert key_difference(table, copy) is None
    assert index_warnings(table, copy) == []
    assert copy.ProvisionedThroughput == table.ProvisionedThroughput
    assert [index.ProvisionedThroughput.ReadCapacityUnits for index in copy.GlobalSecondaryIndexes] == [5]
    assert api.describe_ttl(target, table.TableName) == "expires"


def test_ensuring_twice_changes_nothing(source: Client, target: Client, new_name: NewName) -> None:
    table = made(source, new_name())
    ensure_target(table, "expires", target)
    put(target, table.TableName)
    before = described(target, table.TableName)
    assert ensure_target(table, "expires", target) == []
    assert described(target, table.TableName).TableId == before.TableId
    assert api.has_items(target, table.TableName)


def test_recreate_leaves_an_empty_table_with_the_sources_key(
    source: Client, target: Client, new_name: NewName
) -> None:
    table = made(source, new_name())
    made(target, table.TableName, key="other")
    put(target, table.TableName, key="other")
    assert ensure_target(table, None, target, TableOptions(Existing.RECREATE)) == []
    assert key_difference(table, described(target, table.TableName)) is None
    assert not api.has_items(target, table.TableName)


def test_recreate_never_drops_the_source(source: Client, new_name: NewName) -> None:
    table = made(source, new_name())
    put(source, table.TableName)
    with pytest.raises(PreflightError, match="source's own table"):
        ensure_target(table, None, source, TableOptions(Existing.RECREATE))
    assert api.has_items(source, table.TableName)


def test_a_missing_stream_is_switched_on_and_a_disabled_one_too(source: Client, new_name: NewName) -> None:
    table = made(source, new_name())
    first = ensure_stream(table, source, may_enable=True)
    now = described(source, table.TableName)
    assert ensure_stream(now, source, may_enable=False) == first
    off = {"StreamEnabled": False}
    api.update_table(source, {"TableName": table.TableName, "StreamSpecification": off})
    disabled = described(source, table.TableName)
    with pytest.raises(PreflightError, match=r"streams\.enable"):
        ensure_stream(disabled, source, may_enable=False)
    assert ensure_stream(disabled, source, may_enable=True) != first


def test_every_page_of_tables_is_read(source: Client, new_name: NewName) -> None:
    names = {new_name() for _ in range(103)}
    for name in names:
        request = definition(name)
        del request["GlobalSecondaryIndexes"], request["LocalSecondaryIndexes"]
        request["AttributeDefinitions"] = request["AttributeDefinitions"][:2]
        api.create_table(source, request)
    assert names <= set(api.list_tables(source))
    for name in names:
        api.delete_table(source, name)
    assert api.describe_table(source, names.pop()) is None


def test_both_sides_pass_the_preflight(
    source: Client, streams: Client, target: Client, new_name: NewName
) -> None:
    table = made(source, new_name())
    put(source, table.TableName)
    ensure_stream(table, source, may_enable=True)
    api.update_ttl(source, ttl_request(table.TableName, "expires"))
    ensure_target(table, "expires", target)
    wanted = PreflightOptions(Only(table.TableName), enable_streams=False)
    (found,) = preflight(PreflightSides(source, streams, EndpointPreflight(target)), wanted)
    assert found.description.TableName == table.TableName
    assert found.ttl_attribute == "expires"
    assert found.warnings == []


def test_the_preflight_reports_all_problems_at_once(
    source: Client, streams: Client, target: Client, nowhere: Client, new_name: NewName
) -> None:
    table = made(source, new_name())
    made(target, table.TableName, key="other")
    wanted = PreflightOptions(Only(table.TableName, "no-such-table"), enable_streams=False)
    with pytest.raises(PreflightError) as raised:
        preflight(PreflightSides(source, streams, EndpointPreflight(target)), wanted)
    for part in ("no-such-table", "streams.enable: true", "other (S, HASH)"):
        assert part in str(raised.value)
    with pytest.raises(PreflightError, match=r"polardb\.endpoint cannot be reached"):
        preflight(PreflightSides(source, streams, EndpointPreflight(nowhere)), wanted)
