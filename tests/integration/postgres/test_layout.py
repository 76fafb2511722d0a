"""Items written through the PolarDB stand-in, read back from what PostgreSQL replicates of them."""

from __future__ import annotations

import json
import random
from typing import Any, Dict, Iterator, List, Tuple

import boto3
import pytest

from connectors.model.keys import KeyReader, schema_of
from connectors.postgres.layout.errors import LayoutError
from connectors.postgres.layout.layout import Layout, Truncated
from connectors.postgres.pgoutput.messages import Delete, Insert, Message, Relation, Truncate, Update
from local.stack.postgres import Postgres
from local.stack.standin import StandIn
from local.standin.database import DATABASE
from tests.fakes.layout import FakeTables, layout_of
from tests.integration.postgres.capture import Capture, of_type

TABLES: Dict[str, Tuple[Tuple[str, str], ...]] = {
    "users": (("id", "S"),),
    "Mixed-Case.Table": (("User Id", "N"), ("order", "B")),
    "blobs": (("Blob", "B"), ("when", "S")),
}
VALUES: Dict[str, List[Any]] = {
    "S": ["a", "A", 'q"uote\\', "é\U0001f600", "x" * 900],
    "N": ["0", "1", "-1.5", "1E+20", "12345678901234567890123456789012345678", "1E-20"],
    "B": [b"\0", b"\xff\xfe", b"abc", b"\\x00"],
}
LARGE = 3000
"""Characters of a random attribute that PostgreSQL moves out of the row."""


@pytest.fixture
def endpoint(standin: StandIn) -> Any:
    client = boto3.client(
        "dynamodb",
        endpoint_url=standin.address,
        region_name="cn-anywhere",
        aws_access_key_id=standin.access_key,
        aws_secret_access_key=standin.secret_key.reveal(),
    )
    for table, keys in TABLES.items():
        client.create_table(
            TableName=table,
            KeySchema=[
                {"AttributeName": n, "KeyType": role} for (n, _), role in zip(keys, ("HASH", "RANGE"))
            ],
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": kind} for n, kind in keys],
            BillingMode="PAY_PER_REQUEST",
        )
    yield client
    for table in TABLES:
        client.delete_table(TableName=table)


@pytest.fixture
def items(endpoint: Any, postgres: Postgres) -> Iterator[Capture]:
    capture = Capture(postgres.dsn.rpartition("/")[0] + "/" + DATABASE)
    capture.publish_schema("public")
    yield capture
    capture.close()


def replayed(capture: Capture, endpoint: Any, truncate: str = "fail") -> Dict[str, Dict[bytes, bytes]]:
    """What DynamoDB would hold: table -> key's digest -> item."""
    schemas = {table: schema_of(endpoint.describe_table(TableName=table)["Table"]) for table in TABLES}
    layout = layout_of(FakeTables(schemas), {}, truncate)
    target: Dict[str, Dict[bytes, bytes]] = {table: {} for table in TABLES}
    for message in capture.messages():
        _apply(message, layout, target)
    for table, held in target.items():
        reader = KeyReader(table, schemas[table])
        assert [reader.digest(body) for body in held.values()] == list(held)
    return target


def _apply(message: Message, layout: Layout, target: Dict[str, Dict[bytes, bytes]]) -> None:
    if isinstance(message, Relation):
        layout.relation(message, 1)
    elif isinstance(message, Truncate):
        emptied = layout.truncate(message, 1)
        assert isinstance(emptied, Truncated)
        for table in emptied.tables:
            target[table].clear()
    elif isinstance(message, (Insert, Update, Delete)):
        table, entries = layout.entries(message, 1)
        for digest, body, delete in entries:
            if delete:
                del target[table][digest]
            else:
                target[table][digest] = body


def stored(capture: Capture, table: str) -> List[Any]:
    rows = capture.query(f'SELECT polardb_document::text FROM public."{table}"')
    return sorted(document for (document,) in rows)


def same(capture: Capture, target: Dict[str, Dict[bytes, bytes]]) -> None:
    for table in TABLES:
        assert sorted(body.decode() for body in target[table].values()) == stored(capture, table)


def traffic(endpoint: Any, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(150):
        table = chance.choice(list(TABLES))
        key = {name: {kind: chance.choice(VALUES[kind])} for name, kind in TABLES[table]}
        if chance.random() < 0.3:
            endpoint.delete_item(TableName=table, Key=key)
        else:
            pad = "".join(chance.choice("abcdefghij") for _ in range(chance.choice([5, LARGE])))
            more = {"pad": {"S": pad}, "n": {"N": "1.50"}, "set": {"BS": [b"1", b"2"]}}
            endpoint.put_item(TableName=table, Item={**key, **more})


@pytest.mark.parametrize("identity", ["DEFAULT", "FULL"])
def test_the_items_of_every_key_type_come_through_whatever_the_identity(
    items: Capture, endpoint: Any, identity: str
) -> None:
    for table in TABLES:
        items.run(f'ALTER TABLE public."{table}" REPLICA IDENTITY {identity}')
    traffic(endpoint, seed=7)
    items.end()
    target = replayed(items, endpoint)
    same(items, target)
    assert all(target.values())


@pytest.mark.parametrize("identity", ["DEFAULT", "FULL"])
def test_keys_changed_by_sql_move_their_items(items: Capture, endpoint: Any, identity: str) -> None:
    items.run(f"ALTER TABLE public.users REPLICA IDENTITY {identity}")
    for number in range(20):
        endpoint.put_item(TableName="users", Item={"id": {"S": f"u{number}"}})
    items.run(
        """UPDATE public.users SET id = 'v' || id,
           polardb_document = jsonb_set(polardb_document, '{id,S}', to_jsonb('v' || id))"""
    )
    items.end()
    assert len(of_type(items.messages(), Update)) == 20
    same(items, replayed(items, endpoint))


@pytest.mark.parametrize("identity", ["DEFAULT", "FULL"])
def test_a_column_touched_beside_a_toasted_document_changes_no_item(
    items: Capture, endpoint: Any, identity: str
) -> None:
    items.run(
        f"ALTER TABLE public.users REPLICA IDENTITY {identity}",
        "ALTER TABLE public.users ADD COLUMN touched int",
        "ALTER TABLE public.users ALTER polardb_document SET STORAGE EXTERNAL",
    )
    endpoint.put_item(TableName="users", Item={"id": {"S": "u"}, "pad": {"S": "x" * LARGE}})
    items.run("UPDATE public.users SET touched = 1")
    items.end()
    same(items, replayed(items, endpoint))


def test_a_key_changed_beside_a_toasted_document_is_refused_with_the_sql_that_mends_it(
    items: Capture, endpoint: Any
) -> None:
    items.run("ALTER TABLE public.users ALTER polardb_document SET STORAGE EXTERNAL")
    endpoint.put_item(TableName="users", Item={"id": {"S": "u"}, "pad": {"S": "x" * LARGE}})
    items.run("UPDATE public.users SET id = 'other'")
    items.end()
    with pytest.raises(LayoutError, match=r'ALTER TABLE "public"."users" REPLICA IDENTITY FULL'):
        replayed(items, endpoint)


def test_a_truncated_table_is_empty_where_that_is_configured(items: Capture, endpoint: Any) -> None:
    traffic(endpoint, seed=8)
    items.run('TRUNCATE public.users, public."Mixed-Case.Table"')
    endpoint.put_item(TableName="users", Item={"id": {"S": "after"}})
    items.end()
    target = replayed(items, endpoint, "delete")
    same(items, target)
    assert (len(target["users"]), len(target["Mixed-Case.Table"])) == (1, 0)
    assert target["blobs"]


def test_the_documents_are_json_objects_with_their_keys(items: Capture, endpoint: Any) -> None:
    traffic(endpoint, seed=9)
    items.end()
    for table, held in replayed(items, endpoint).items():
        for body in held.values():
            assert {name for name, _ in TABLES[table]} <= set(json.loads(body))
