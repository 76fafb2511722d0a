from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from connectors.base.errors import PolarshakeError, TransientError
from connectors.dynamodb.answers import DamagedError
from connectors.dynamodb.faults import ServiceError
from tests.fakes.tables import FakeTables
from tests.unit.connectors.dynamodb.tables.samples import request
from tests.unit.connectors.targets.preflight.job import Job

DENIED = "AccessDeniedException"


@pytest.fixture
def job() -> Job:
    job = Job()
    for name in ("orders", "users", "events"):
        job.source.make(request(name), stream="NEW_IMAGE", items=1, ttl="expires")
    return job


def denied(resource: str) -> ServiceError:
    return ServiceError(DENIED, f"User: arn:aws:iam::0:user/mover is not authorized on {resource}")


def test_tables_that_are_fit_are_returned_by_name_with_their_time_to_live(job: Job) -> None:
    tables = job.run()
    assert [table.description.TableName for table in tables] == ["events", "orders", "users"]
    assert {table.ttl_attribute for table in tables} == {"expires"}
    assert not any(table.warnings for table in tables)
    assert job.wrote_nothing()


def test_only_the_tables_of_the_filter_are_looked_at(job: Job) -> None:
    assert [table.description.TableName for table in job.run("us*")] == ["users"]
    assert {table for _, table in job.source.calls if table} == {"users"}


@pytest.mark.parametrize(("side", "key"), [("source", "dynamodb.endpoint"), ("target", "polardb.endpoint")])
def test_a_side_that_cannot_be_reached_is_reported_once_with_its_key(job: Job, side: str, key: str) -> None:
    fake: FakeTables = getattr(job, side)
    for operation in ("ListTables", "DescribeTable"):
        fake.fail(operation, TransientError("10.0.0.1:5432: connection refused"), times=None)
    (line,) = job.problems()
    assert line.startswith(f"{key} cannot be reached")
    assert "connection refused" in line
    calls = [name for name, _ in fake.calls if name != "DescribeStream"]
    assert len(calls) == 1, "each call would cost the whole retry bound again"


def test_what_a_refused_signature_was_made_of_is_not_repeated(job: Job) -> None:
    told = "The signature does not match.\n\nThe Canonical String should have been\nx-amz-security-token:FwoG"
    job.source.fail("ListTables", ServiceError("InvalidSignatureException", told), times=None)
    (line,) = job.problems()
    assert "does not match" in line
    assert "FwoG" not in line


def test_streams_that_cannot_be_reached_are_reported_once_with_their_key(job: Job) -> None:
    job.streams = FakeTables()
    job.streams.fail("DescribeStream", TransientError("time-out"), times=None)
    (line,) = job.problems()
    assert line.startswith("dynamodb.streamsEndpoint cannot be reached")


def test_both_sides_that_cannot_be_reached_are_reported_in_one_error(job: Job) -> None:
    job.source.fail("ListTables", TransientError("no"), times=None)
    job.target.fail("ListTables", TransientError("no"), times=None)
    assert [line.split()[0] for line in job.problems()] == ["dynamodb.endpoint", "polardb.endpoint"]


def test_a_service_that_only_throttles_is_not_called_unreachable(job: Job) -> None:
    fault = TransientError("gave up")
    fault.__cause__ = ServiceError("ThrottlingException", "Rate exceeded")
    job.source.fail("ListTables", fault, times=None)
    (line,) = job.problems()
    assert "kept answering ThrottlingException" in line
    assert "reached" not in line


@pytest.mark.parametrize(
    "code",
    ["UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException"],
)
@pytest.mark.parametrize(
    ("side", "arguments"),
    [("source", ("--dynamodbak", "--dynamodbsk")), ("target", ("--polardbak", "--polardbsk"))],
)
def test_wrong_credentials_are_reported_once_with_their_arguments(
    job: Job, side: str, arguments: Any, code: str
) -> None:
    fake: FakeTables = getattr(job, side)
    for operation in ("ListTables", "DescribeTable"):
        fake.fail(operation, ServiceError(code, "The security token is invalid."), times=None)
    (line,) = job.problems()
    assert code in line
    for argument in arguments:
        assert argument in line


@pytest.mark.parametrize(
    "operation",
    [
        "ListTables",
        "DescribeTable",
        "Scan",
        "DescribeTimeToLive",
        "DescribeStream",
        "GetShardIterator",
        "GetRecords",
    ],
)
def test_a_missing_permission_names_the_iam_action_and_the_tables(job: Job, operation: str) -> None:
    job.source.fail(operation, denied("x"), times=None)
    (line,) = job.problems()
    assert f"dynamodb:{operation} " in line
    assert "--dynamodbak" in line
    assert "user/mover" in line
    if operation != "ListTables":
        assert line.startswith("tables events, orders, users: ")


@pytest.mark.parametrize(
    ("mode", "unused"),
    [
        ("full", {"DescribeStream", "GetShardIterator", "GetRecords"}),
        ("incremental", {"Scan"}),
        ("schema", {"Scan", "DescribeStream", "GetShardIterator", "GetRecords"}),
    ],
)
def test_a_mode_needs_only_the_permissions_it_uses(job: Job, mode: str, unused: Any) -> None:
    for operation in unused:
        job.source.fail(operation, denied("x"), times=None)
    assert len(job.run(mode=mode)) == 3


def test_a_permission_missing_on_one_table_only_names_that_one(job: Job) -> None:
    job.source.fail("Scan", denied("orders"), table="orders", times=None)
    (line,) = job.problems()
    assert line.startswith("table orders: Scan was refused")


def test_a_filter_that_matches_nothing_names_the_tables_that_exist(job: Job) -> None:
    (line,) = job.problems("invoices-*")
    assert line == "filter: no table of the source matches. It has events, orders, users."


def test_a_white_listed_name_that_does_not_exist_is_named(job: Job) -> None:
    (line,) = job.problems("orders", "invoices", "us*", "none-*")
    assert line == "filter.whiteTableSet: the source has no table invoices. It has events, orders, users."


def test_a_source_without_tables_points_to_region_and_endpoint() -> None:
    (line,) = Job().problems()
    assert "dynamodb.region and dynamodb.endpoint" in line


@pytest.mark.parametrize("view", ["KEYS_ONLY", "OLD_IMAGE"])
def test_a_stream_without_new_images_is_refused_when_it_is_followed(job: Job, view: str) -> None:
    job.source.tables["orders"]["StreamSpecification"]["StreamViewType"] = view
    (line,) = job.problems()
    assert line.startswith(f"table orders: its stream's view type is {view}")
    assert len(job.run(mode="full")) == 3


def test_a_missing_stream_is_refused_when_it_may_not_be_enabled(job: Job) -> None:
    for name in ("orders", "users"):
        job.source.disable_stream(name)
    (line,) = job.problems(enable_streams=False)
    assert line.startswith("tables orders, users: it has no enabled stream. Set streams.enable: true")
    assert len(job.run(enable_streams=True)) == 3
    assert job.wrote_nothing()


def test_a_target_with_another_key_is_refused_with_both_keys(job: Job) -> None:
    job.target.make(request("orders", key="id"))
    (line,) = job.problems()
    assert line.startswith("table orders: the source's key is pk (S, HASH), the target's is id (S, HASH)")


def test_recreate_does_not_mind_another_key_or_items_at_the_target(job: Job) -> None:
    job.target.make(request("orders", key="id"), items=2)
    assert len(job.run(existing="recreate")) == 3


def test_fail_refuses_a_filled_target_but_not_an_empty_one(job: Job) -> None:
    job.target.make(request("orders"), items=1, ttl="expires")
    job.target.make(request("users"), ttl="expires")
    (line,) = job.problems(existing="fail")
    assert line.startswith("table orders: the target's table holds items")


def test_fail_takes_a_filled_target_when_the_job_is_resumed(job: Job) -> None:
    job.target.make(request("orders"), items=1)
    assert len(job.run(existing="fail", resumed=True)) == 3


def test_a_target_that_is_the_source_is_refused_whatever_the_policy(job: Job) -> None:
    job.target = job.source
    for existing in ("keep", "fail", "recreate"):
        (line,) = job.problems(existing=existing)
        assert "polardb.endpoint leads to the source's own table" in line


def test_recreate_is_refused_where_nothing_would_be_copied_again(job: Job) -> None:
    (line,) = job.problems(existing="recreate", mode="incremental")
    assert line.startswith("tables.existing: recreate would drop tables")


def test_what_a_kept_table_lacks_is_a_warning_not_a_problem(job: Job) -> None:
    job.source.make(request("indexed", indexed=True), stream="NEW_IMAGE", ttl="expires")
    job.target.make(request("indexed"))
    (table,) = job.run("indexed")
    assert len(table.warnings) == 2
    assert job.run("indexed", tables={"indexes": False, "ttl": False})[0].warnings == []


def test_all_problems_of_all_tables_come_in_one_error(job: Job) -> None:
    job.source.disable_stream("users")
    job.source.fail("Scan", denied("orders"), table="orders", times=None)
    job.target.make(request("events", type_="N"), ttl="expires")
    job.target.fail("DescribeTable", ServiceError("ValidationException", "odd"), table="users", times=None)
    lines = job.problems("orders", "users", "events", "invoices", enable_streams=False)
    assert [line.split(": ")[0] for line in lines] == [
        "filter.whiteTableSet",
        "table events",
        "table orders",
        "table users",
        "table users",
    ]
    assert job.wrote_nothing()


def test_a_source_table_that_is_not_active_yet_is_refused_with_its_status(job: Job) -> None:
    job.source.tables["orders"]["TableStatus"] = "CREATING"
    (line,) = job.problems()
    assert line.startswith("table orders: its status at the source is CREATING")


def test_a_table_that_vanishes_during_the_check_is_named(job: Job) -> None:
    job.source.fail("DescribeTable", ServiceError("ResourceNotFoundException", ""), table="orders")
    (line,) = job.problems()
    assert line.startswith("table orders: vanished")


def test_the_oldest_shard_may_expire_during_the_check(job: Job) -> None:
    job.source.fail("GetRecords", ServiceError("TrimmedDataAccessException", ""), times=None)
    assert len(job.run()) == 3


def test_an_endpoint_that_is_no_dynamodb_is_named_with_what_it_said(job: Job) -> None:
    job.target.fail("ListTables", ServiceError("HTTP 404", "<html>\nnot here", 404))
    (line,) = job.problems()
    assert line.startswith("polardb.endpoint: ListTables was refused: HTTP 404")
    assert "not here" in line


def test_a_side_that_hangs_does_not_hold_up_the_answer(job: Job) -> None:
    released = threading.Event()
    job.source.on_call = lambda operation, table: table != "orders" or released.wait(120)
    started = time.monotonic()
    try:
        (line,) = job.problems(seconds=2.0)
    finally:
        released.set()
    assert line.startswith("table orders: not checked within")
    assert time.monotonic() - started < 60


def test_a_hanging_listing_does_not_hold_up_the_answer(job: Job) -> None:
    released = threading.Event()
    job.target.on_call = lambda operation, table: released.wait(120)
    try:
        lines = job.problems(seconds=2.0)
    finally:
        released.set()
    assert lines[0].startswith("polardb.endpoint did not list its tables within")


def test_problems_that_many_tables_share_take_one_line() -> None:
    job = Job()
    for number in range(100):
        job.source.make(request(f"table-{number:03}"))
    (line,) = job.problems(enable_streams=False)
    assert line.startswith("tables table-000, table-001, table-002, table-003, table-004 and 95 more: ")


def test_every_call_is_one_that_only_reads(job: Job) -> None:
    job.run(existing="fail")
    assert {operation for operation, _ in job.source.calls + job.target.calls} <= {
        "ListTables",
        "DescribeTable",
        "DescribeTimeToLive",
        "Scan",
        "DescribeStream",
        "GetShardIterator",
        "GetRecords",
    }


def test_the_scan_that_tries_the_permission_reads_one_item_at_a_time(job: Job) -> None:
    bodies = []
    call = job.source.call

    def record(operation: str, body: bytes, table: str = "") -> Any:
        bodies.append((operation, json.loads(body)))
        return call(operation, body, table)

    job.source.call = record  # type: ignore[method-assign]
    job.run()
    limits = {body.get("Limit") for operation, body in bodies if operation == "Scan"}
    assert limits == {1}


@pytest.fixture
def streamless() -> Job:
    """No table has a stream yet: nothing but the look before would tell that its endpoint is wrong."""
    job = Job()
    job.streams = FakeTables()
    job.source.make(request("orders"), items=1)
    return job


@pytest.mark.parametrize(
    "fault",
    [
        TransientError("10.0.0.1:443: cannot connect"),
        ServiceError("UnknownOperationException", "no such operation"),
        ServiceError("InvalidSignatureException", "Credential should be scoped to a valid region"),
        ServiceError("HTTP 404", "<html>", 404),
        DamagedError("this is not an answer of DescribeStream: Expected object"),
    ],
)
def test_a_wrong_streams_endpoint_is_reported_before_any_stream_is_switched_on(
    streamless: Job, fault: PolarshakeError
) -> None:
    streamless.streams.fail("DescribeStream", fault, times=None)
    (line,) = streamless.problems()
    assert "dynamodb.streamsEndpoint" in line
    assert streamless.wrote_nothing()


@pytest.mark.parametrize("code", ["ResourceNotFoundException", DENIED, "ValidationException"])
def test_a_streams_endpoint_that_knows_no_such_stream_or_may_not_tell_is_right(
    streamless: Job, code: str
) -> None:
    streamless.streams.fail("DescribeStream", ServiceError(code, "no"), times=None)
    assert [table.description.TableName for table in streamless.run()] == ["orders"]


def test_a_job_that_follows_nothing_does_not_ask_for_streams(streamless: Job) -> None:
    streamless.run(mode="full")
    assert streamless.streams.calls == []
