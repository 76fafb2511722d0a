import json
import re

from local.traffic.history import Kind, Op
from local.traffic.items import item_of, update_of
from local.traffic.keys import key_of
from local.traffic.plan import Plan
from local.traffic.requests import batch_of, request_of
from local.traffic.tables import create_request

PLAN = Plan(tables=3, items=30, large_share=0, guide=True)
TABLE = PLAN.all_tables[0]


def test_an_update_names_every_attribute_by_a_placeholder_and_says_all_it_sets_and_removes() -> None:
    for index in range(50):
        operation, body = request_of(PLAN, Op(TABLE.name, index, Kind.UPDATE, 3))
        request = json.loads(body)
        update = update_of(PLAN, TABLE, index, 3)
        sets, _, removes = request["UpdateExpression"].partition(" REMOVE ")
        names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
        pairs = re.findall(r"(#\d+) = (:\d+)", sets)
        assert operation == "UpdateItem"
        assert {names[name]: values[value] for name, value in pairs} == update.sets
        assert [names[name] for name in removes.split(", ") if name] == list(update.removes)
        assert re.fullmatch(r"SET [#:0-9 =,]+( REMOVE [#0-9 ,]+)?", request["UpdateExpression"])


def test_puts_carry_the_item_and_deletes_the_key() -> None:
    _, put = request_of(PLAN, Op(TABLE.name, 2, Kind.PUT, 1))
    _, delete = request_of(PLAN, Op(TABLE.name, 2, Kind.DELETE, 2))
    assert json.loads(put) == {"TableName": "orders", "Item": item_of(PLAN, TABLE, 2, 1)}
    assert json.loads(delete) == {"TableName": "orders", "Key": key_of(TABLE, 2)}


def test_a_batch_puts_its_items_into_one_table() -> None:
    items = [item_of(PLAN, TABLE, index, 0) for index in range(3)]
    puts = json.loads(batch_of(TABLE, items))["RequestItems"]["orders"]
    assert [put["PutRequest"]["Item"] for put in puts] == items


def test_tables_define_just_the_attributes_their_keys_and_indexes_use() -> None:
    for table in PLAN.all_tables:
        request = create_request(table, stream=True)
        indexes = request.get("LocalSecondaryIndexes", []) + request.get("GlobalSecondaryIndexes", [])
        schemas = [request["KeySchema"], *(index["KeySchema"] for index in indexes)]
        used = {part["AttributeName"] for schema in schemas for part in schema}
        assert {definition["AttributeName"] for definition in request["AttributeDefinitions"]} == used
        assert request["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"


def test_three_tables_have_all_key_types_both_indexes_and_ttl() -> None:
    tables = Plan(tables=3).all_tables
    requests = [create_request(table, stream=False) for table in tables]
    assert {table.hash[1] for table in tables} == {"S", "N", "B"}
    assert {table.range[1] for table in tables if table.range} == {"N", "B"}
    assert any(
        "LocalSecondaryIndexes" in request and "GlobalSecondaryIndexes" in request for request in requests
    )
    assert any(table.ttl for table in tables)
    assert not any("StreamSpecification" in request for request in requests)


def test_many_tables_have_different_names() -> None:
    names = [table.name for table in Plan(tables=30).all_tables]
    assert len(set(names)) == 30
