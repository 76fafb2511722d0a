"""Every red line of the doctor for the check job, caused by real servers."""

from __future__ import annotations

import pytest

from local.stack.home import free_port
from tests.integration.command.conftest import ask


def made(sides, table, key="id"):
    sides.target.ask(
        "CreateTable",
        {
            "TableName": table,
            "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
        },
    )


@pytest.fixture
def table(sides):
    name = sides.make("users", "id:S")
    sides.put(name, {"id": {"S": "a"}})
    return name


@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_both_sides_meet_the_jobs_requirements(doctor, sides, table, direction):
    made(sides, table)
    report = doctor("--job=check", check__direction=direction)
    assert report.exit_code == 0, report.output
    assert any(text.startswith(f"{table}: key id (S, HASH)") for text in report.green)
    for name in ("ListTables", "DescribeTable", "DescribeTimeToLive", "Scan", "BatchGetItem"):
        assert f"dynamodb:{name}: allowed" in report.green


def test_another_key(doctor, sides, table):
    made(sides, table, key="name")
    (red,) = doctor("--job=check").red
    assert red.startswith(f"table {table}: the source's key is id (S, HASH), the target's is name")


def test_a_table_on_one_side_only_is_a_warning(doctor, table):
    report = doctor("--job=check")
    assert report.red == []
    assert (
        f"{table}: exists in DynamoDB only; each of its items will be reported as a difference"
        in report.yellow
    )


@pytest.mark.parametrize("key", ["dynamodb.endpoint", "polardb.endpoint"])
def test_a_side_that_cannot_be_reached(doctor, table, key):
    (red,) = doctor("--job=check", "--patience=1", **{key: f"http://127.0.0.1:{free_port()}"}).red
    assert red.startswith(f"{key} cannot be reached. Check it")


def test_a_wrong_key(sets, environ, table):
    (red,) = ask(["--job=check"], sets, {**environ, "POLARSHAKE_POLARDB_SK": "not-the-key"}).red
    assert "Check --polardbak and --polardbsk" in red
