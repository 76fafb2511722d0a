"""The check's sides."""

from __future__ import annotations

import pytest

from connectors.base.errors import TransientError
from connectors.dynamodb.faults import ServiceError
from tests.fakes.tables import FakeTables
from tests.unit.connectors.command.doctor.examinations import check
from tests.unit.connectors.dynamodb.tables.samples import request


@pytest.fixture
def dynamodb() -> FakeTables:
    made = FakeTables()
    for name in ("orders", "users"):
        made.make(request(name), items=1)
    return made


@pytest.fixture
def polardb() -> FakeTables:
    made = FakeTables(polardb=True)
    for name in ("orders", "users", "polarshake_origin"):
        made.make(request(name), items=1)
    return made


@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_equal_keys_on_both_sides_are_green_in_both_directions(dynamodb, polardb, direction):
    report = check(dynamodb, polardb, check__direction=direction)
    assert report.red == report.yellow == []
    assert sum("exists on both sides, with the same key" in text for text in report.green) == 2
    for name in ("ListTables", "DescribeTable", "DescribeTimeToLive", "Scan", "BatchGetItem"):
        assert f"dynamodb:{name}: allowed" in report.green
    assert dynamodb.writes() == polardb.writes() == []


@pytest.mark.parametrize("direction", ["forward", "reverse"])
@pytest.mark.parametrize("operation", ["DescribeTable", "DescribeTimeToLive", "Scan", "BatchGetItem"])
def test_a_right_missing_in_dynamodb_is_red_with_its_name(dynamodb, polardb, operation, direction):
    dynamodb.fail(operation, ServiceError("AccessDeniedException", "no"), times=None)
    report = check(dynamodb, polardb, check__direction=direction)
    assert any(f"Allow the IAM action dynamodb:{operation} " in text for text in report.red)
    assert f"dynamodb:{operation}: allowed" not in report.green


def test_a_different_key_is_red(dynamodb, polardb):
    dynamodb.make(request("events"))
    polardb.make(request("events", key="id"))
    (red,) = check(dynamodb, polardb).red
    assert red.startswith("table events: the source's key is pk")


@pytest.mark.parametrize("side", ["dynamodb", "polardb"])
def test_a_side_that_does_not_answer_is_red(dynamodb, polardb, side):
    {"dynamodb": dynamodb, "polardb": polardb}[side].fail("ListTables", TransientError("no"), times=None)
    (red,) = check(dynamodb, polardb).red
    assert red.startswith(f"{side}.endpoint cannot be reached")


def test_a_table_on_one_side_only_is_a_warning(dynamodb, polardb):
    polardb.make(request("events"))
    assert check(dynamodb, polardb).yellow == [
        "events: exists in PolarDB only; each of its items will be reported as a difference"
    ]


def test_a_check_of_all_items_shows_its_cost_and_one_of_a_sample_does_not(dynamodb, polardb):
    assert any("read capacity units" in text for text in check(dynamodb, polardb).green)
    assert not any(
        "read capacity units" in text for text in check(dynamodb, polardb, check__sample="9").green
    )
