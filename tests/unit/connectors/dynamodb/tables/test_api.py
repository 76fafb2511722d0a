from __future__ import annotations

import json
from typing import Callable, Dict

import pytest

from connectors.dynamodb.answers import TRIES, DamagedError
from connectors.dynamodb.caller import Caller, Response
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.description import description_of
from tests.fakes.junk import Junk
from tests.fakes.tables import PAGE, FakeTables
from tests.unit.connectors.dynamodb.tables.samples import described, request


@pytest.mark.parametrize("count", range(2 * PAGE + 2))
def test_all_pages_of_list_tables_are_read(count: int) -> None:
    fake = FakeTables()
    names = [f"table-{number}" for number in range(count)]
    for name in names:
        fake.make(request(name))
    assert api.list_tables(fake) == names


@pytest.mark.parametrize("polardb", [False, True])
def test_a_missing_table_is_none_whichever_name_the_service_gives_the_error(polardb: bool) -> None:
    assert api.describe_table(FakeTables(polardb=polardb), "orders") is None


def test_another_refusal_is_raised_with_operation_and_table() -> None:
    fake = FakeTables()
    fake.fail("DescribeTable", ServiceError("AccessDeniedException", "no"))
    with pytest.raises(ServiceError) as raised:
        api.describe_table(fake, "orders")
    assert (raised.value.operation, raised.value.table) == ("DescribeTable", "orders")


def test_an_empty_status_counts_as_writable() -> None:
    fake = FakeTables(polardb=True)
    fake.make(request())
    table = described(fake)
    assert table.TableStatus == ""
    assert table.writable
    assert not table.passing


def test_members_that_are_null_count_as_absent() -> None:
    table = description_of(
        {
            "TableName": "t",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "N"}],
            "GlobalSecondaryIndexes": None,
            "TableStatus": None,
            "ProvisionedThroughput": {"ReadCapacityUnits": None},
        }
    )
    assert table.indexes == []
    assert table.key_schema.partition == ("pk", "N")
    assert table.key_schema.sort is None


@pytest.mark.parametrize(
    "fields",
    [
        None,
        {},
        {"TableName": "t", "KeySchema": [], "AttributeDefinitions": []},
        {
            "TableName": "t",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [],
        },
    ],
)
def test_a_description_without_a_usable_key_is_a_named_error(fields: object) -> None:
    with pytest.raises(DamagedError, match="description of a table"):
        description_of(fields)


def test_a_filled_table_is_detected_after_an_empty_page() -> None:
    fake = FakeTables()
    fake.make(request(), items=1)
    assert api.has_items(fake, "orders")


def test_an_empty_table_has_no_items() -> None:
    fake = FakeTables()
    fake.make(request())
    assert not api.has_items(fake, "orders")


@pytest.mark.parametrize("status", ["DISABLED", "DISABLING"])
def test_time_to_live_that_is_being_switched_off_is_off(status: str) -> None:
    class Off:
        def call(self, operation: str, body: bytes, table: str = "") -> Response:
            ttl = {"TimeToLiveStatus": status, "AttributeName": "expires"}
            return Response(json.dumps({"TimeToLiveDescription": ttl}).encode(), 0.0)

    assert api.describe_ttl(Off(), "orders") is None


READS: Dict[str, Callable[[Caller], object]] = {
    "ListTables": api.list_tables,
    "DescribeTable": lambda caller: api.describe_table(caller, "orders"),
    "DescribeTimeToLive": lambda caller: api.describe_ttl(caller, "orders"),
    "Scan": lambda caller: api.has_items(caller, "orders"),
}


@pytest.mark.parametrize(
    "body", [b"{}", b"<html>", b"[]", b'{"message":"x"}', b'{"__type":"InternalFailure"}']
)
@pytest.mark.parametrize("operation", READS)
def test_an_invalid_answer_is_requested_again_and_then_is_a_fault_that_names_the_operation(
    operation: str, body: bytes
) -> None:
    junk = Junk(body)
    with pytest.raises(DamagedError, match=operation):
        READS[operation](junk)
    assert junk.calls == TRIES


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("ListTables", b'{"TableNames":[1]}'),
        ("ListTables", b'{"TableNames":"orders"}'),
        ("ListTables", b'{"TableNames":[],"LastEvaluatedTableName":{}}'),
        ("DescribeTable", b'{"Table":null}'),
        ("DescribeTable", b'{"Table":{"TableName":"orders"}}'),
        ("DescribeTimeToLive", b'{"TimeToLiveDescription":null}'),
        ("DescribeTimeToLive", b'{"TimeToLiveDescription":{}}'),
        ("Scan", b'{"Items":null}'),
        ("Scan", b'{"Items":[],"__type":"InternalFailure"}'),
    ],
)
def test_members_of_another_kind_are_a_fault(operation: str, body: bytes) -> None:
    with pytest.raises(DamagedError):
        READS[operation](Junk(body))


@pytest.mark.parametrize("body", [b"null", b"<html>", b'{"__type":"InternalFailure"}'])
def test_an_invalid_answer_does_not_count_as_a_created_table(body: bytes) -> None:
    with pytest.raises(DamagedError, match="CreateTable"):
        api.create_table(Junk(body), {"TableName": "orders"})
