"""Tables: creation, change, deletion, description, and their form in PostgreSQL."""

from __future__ import annotations

import uuid
from typing import Any, List

import asyncpg
import pytest

from tests.integration.standin.conftest import (
    asyncpg_run,
    client_of,
    make_table,
    refused,
    start_standin,
    url_of,
)

CITY = [{"AttributeName": "city", "AttributeType": "S"}]


def city_index(name: str = "by-city", **projection: Any) -> Any:
    return {
        "IndexName": name,
        "KeySchema": [{"AttributeName": "city", "KeyType": "HASH"}],
        "Projection": projection or {"ProjectionType": "ALL"},
    }


def test_a_table_exists_from_create_to_delete(client: Any) -> None:
    table = make_table(client, "S", "N")
    described = client.describe_table(TableName=table)["Table"]
    assert [key["KeyType"] for key in described["KeySchema"]] == ["HASH", "RANGE"]
    assert described["ItemCount"] == 0
    assert client.delete_table(TableName=table)["TableDescription"]["TableName"] == table
    assert refused(client.describe_table, TableName=table).startswith("TableNotFound")
    assert refused(client.put_item, TableName=table, Item={}).startswith("TableNotFound")


def test_a_table_cannot_be_made_twice(client: Any) -> None:
    table = make_table(client)
    error = refused(
        client.create_table,
        TableName=table,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    assert error.startswith("ResourceInUseException")


def test_every_table_is_listed_once_across_pages(client: Any) -> None:
    made = {make_table(client) for _ in range(5)}
    pages = client.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 2})
    listed = [name for page in pages for name in page["TableNames"]]
    assert made <= set(listed)
    assert listed == sorted(set(listed))


def test_indexes_are_created_and_dropped_one_at_a_time(client: Any) -> None:
    table = make_table(client)
    create = {"Create": city_index()}
    client.update_table(TableName=table, AttributeDefinitions=CITY, GlobalSecondaryIndexUpdates=[create])
    described = client.describe_table(TableName=table)["Table"]
    assert [index["IndexName"] for index in described["GlobalSecondaryIndexes"]] == ["by-city"]
    drop = {"Delete": {"IndexName": "by-city"}}
    two = [drop, {"Create": city_index("again")}]
    error = refused(
        client.update_table, TableName=table, AttributeDefinitions=CITY, GlobalSecondaryIndexUpdates=two
    )
    assert error.startswith("LimitExceededException")
    client.update_table(TableName=table, GlobalSecondaryIndexUpdates=[drop])
    described = client.describe_table(TableName=table)["Table"]
    assert "GlobalSecondaryIndexes" not in described
    assert [definition["AttributeName"] for definition in described["AttributeDefinitions"]] == ["pk"]


def test_time_to_live_is_stored_and_described(client: Any) -> None:
    table = make_table(client)
    assert client.describe_time_to_live(TableName=table)["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "DISABLED"
    }
    specification = {"AttributeName": "expires", "Enabled": True}
    client.update_time_to_live(TableName=table, TimeToLiveSpecification=specification)
    assert client.describe_time_to_live(TableName=table)["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED",
        "AttributeName": "expires",
    }


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"TableName": "a b"}, "3 to 255 characters"),
        ({"TableName": "t" * 64}, "PostgreSQL would cut it"),
        ({"KeySchema": [{"AttributeName": "pk", "KeyType": "RANGE"}]}, "one HASH key"),
        ({"AttributeDefinitions": [*CITY]}, "AttributeDefinitions must hold each key"),
        ({"AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "SS"}]}, "not S, N or B"),
        ({"KeySchema": [{"AttributeName": "polardb_document", "KeyType": "HASH"}]}, "uses itself"),
        ({"KeySchema": [{"AttributeName": "ctid", "KeyType": "HASH"}]}, "uses itself"),
        ({"StreamSpecification": {"StreamEnabled": True}}, "no streams"),
        ({"ResourcePolicy": "{}"}, "does not implement"),
    ],
)
def test_a_wrong_definition_creates_no_table(client: Any, wrong: Any, reason: str) -> None:
    definition = {
        "TableName": f"t-{uuid.uuid4().hex}",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        **wrong,
    }
    error = refused(client.create_table, **definition)
    assert error.startswith("ValidationException")
    assert reason in error


def test_definitions_and_items_survive_a_kill(dsn: str) -> None:
    first = start_standin(dsn)
    client = client_of(url_of(first))
    table = make_table(client, "S", "N", attributes=CITY, GlobalSecondaryIndexes=[city_index()])
    client.update_time_to_live(
        TableName=table, TimeToLiveSpecification={"AttributeName": "expires", "Enabled": True}
    )
    client.put_item(TableName=table, Item={"pk": {"S": "a"}, "sk": {"N": "1"}})
    before = client.describe_table(TableName=table)["Table"]
    first.kill()
    first.wait()
    second = start_standin(dsn)
    client = client_of(url_of(second))
    after = client.describe_table(TableName=table)["Table"]
    ttl = client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    items = client.scan(TableName=table)["Items"]
    second.terminate()
    assert second.wait(120) == 0
    changing = ("ItemCount", "TableSizeBytes")
    assert [{k: v for k, v in each.items() if k not in changing} for each in (after, before)] == [
        {k: v for k, v in before.items() if k not in changing}
    ] * 2
    assert ttl["AttributeName"] == "expires"
    assert items == [{"pk": {"S": "a"}, "sk": {"N": "1"}}]


def test_a_table_in_postgresql_has_key_columns_and_the_whole_document(client: Any, dsn: str) -> None:
    table = make_table(client, "N", "B")
    client.put_item(TableName=table, Item={"pk": {"N": "1.50"}, "sk": {"B": b"\x01"}, "x": {"S": "y"}})

    async def look(connection: asyncpg.Connection) -> List[Any]:
        row = await connection.fetchrow(f'SELECT pk, sk, polardb_document::text FROM public."{table}"')
        keyless = await connection.fetch(
            "SELECT relname FROM pg_class c WHERE relkind = 'r' AND relnamespace::regnamespace::text "
            "IN ('public', 'standin') "
            "AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary)"
        )
        return [*row, keyless]

    key, binary, document, keyless = asyncpg_run(dsn, look)
    assert (str(key), binary) == ("1.50", b"\x01")
    assert document == '{"x": {"S": "y"}, "pk": {"N": "1.50"}, "sk": {"B": "AQ=="}}'
    assert keyless == [], "a publication FOR ALL TABLES needs a key on each"


def test_only_relations_of_dynamodb_tables_have_a_document(client: Any, dsn: str) -> None:
    table = make_table(client)

    async def look(connection: asyncpg.Connection) -> Any:
        return await connection.fetch(
            "SELECT table_schema, table_name FROM information_schema.columns "
            "WHERE column_name = 'polardb_document'"
        )

    with_document = {tuple(row) for row in asyncpg_run(dsn, look)}
    assert ("public", table) in with_document
    assert ("standin", "tables") not in with_document


def test_a_table_that_another_program_dropped_is_missing_and_not_an_internal_error(
    client: Any, dsn: str
) -> None:
    table = make_table(client)

    async def drop(connection: asyncpg.Connection) -> None:
        await connection.execute(f'DROP TABLE public."{table}"')
        await connection.execute("DELETE FROM standin.tables WHERE name = $1", table)

    asyncpg_run(dsn, drop)
    assert refused(client.scan, TableName=table).startswith("TableNotFound")


def test_a_foreign_relation_of_the_same_name_is_not_changed(client: Any, dsn: str) -> None:
    name = f"foreign-{uuid.uuid4().hex[:8]}"

    async def make(connection: asyncpg.Connection) -> None:
        await connection.execute(f'CREATE TABLE public."{name}" (id int primary key)')

    asyncpg_run(dsn, make)
    error = refused(
        client.create_table,
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    assert "not a table of this endpoint" in error
    assert refused(client.scan, TableName=name).startswith("TableNotFound")


def test_odd_names_are_quoted(client: Any) -> None:
    name, key = f"Odd.name-{uuid.uuid4().hex[:6]}_X", 'a "quoted" Key, $1'
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
    )
    item = {key: {"S": "'; DROP TABLE x; --"}, "{0}": {"S": "%s"}}
    client.put_item(TableName=name, Item=item)
    assert client.scan(TableName=name, Segment=0, TotalSegments=1)["Items"] == [item]
    assert client.get_item(TableName=name, Key={key: item[key]})["Item"] == item
    client.delete_item(TableName=name, Key={key: item[key]})
    assert client.scan(TableName=name)["Count"] == 0
