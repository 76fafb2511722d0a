"""The forward job's sides: what is green, what is yellow, and each red line."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.base.errors import TransientError
from connectors.dynamodb.faults import ServiceError
from tests.fakes.tables import FakeTables
from tests.unit.connectors.command.doctor.looks import forward
from tests.unit.connectors.dynamodb.tables.samples import request

VIEW = "NEW_AND_OLD_IMAGES"


@pytest.fixture
def source() -> FakeTables:
    made = FakeTables()
    for name in ("orders", "users"):
        made.make(request(name), stream=VIEW, items=1)
        made.tables[name].update(ItemCount=3_000_000, TableSizeBytes=1_200_000_000)
    return made


@pytest.fixture
def target() -> FakeTables:
    return FakeTables(polardb=True)


def test_nothing_is_red_if_all_requirements_are_met_and_nothing_is_written(source, target):
    target.make(request("users"))
    found = forward(source, target)
    assert found.red == []
    assert any("orders: key pk (S, HASH); about 3,000,000 items, 1.2 GB" in text for text in found.green)
    assert any("orders" in text and "will be created at the target" in text for text in found.green)
    assert any("users" in text and "exists at the target and is compatible" in text for text in found.green)
    assert "http://source:1 answers to these credentials" in found.green
    assert "http://target:1 answers to these credentials" in found.green
    assert source.writes() == target.writes() == []


def test_each_verified_right_is_green_with_its_name(source, target):
    found = forward(source, target, streams__gap="rescan")
    for name in ("ListTables", "DescribeTable", "DescribeTimeToLive", "Scan", "BatchGetItem"):
        assert f"dynamodb:{name}: allowed" in found.green
    for name in ("DescribeStream", "GetShardIterator", "GetRecords"):
        assert f"dynamodb:{name}: allowed" in found.green
    (untried,) = [text for text in found.yellow if "not verified" in text]
    assert untried.startswith("dynamodb:UpdateTable")


@pytest.mark.parametrize(
    "operation",
    [
        "ListTables",
        "DescribeTable",
        "DescribeTimeToLive",
        "Scan",
        "DescribeStream",
        "GetShardIterator",
        "GetRecords",
        "BatchGetItem",
    ],
)
def test_a_missing_right_is_red_with_its_name_and_not_green(source, target, operation):
    source.fail(operation, ServiceError("AccessDeniedException", "no"), times=None)
    found = forward(source, target, streams__gap="rescan")
    assert any(f"Allow the IAM action dynamodb:{operation} " in text for text in found.red)
    assert f"dynamodb:{operation}: allowed" not in found.green


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_side_that_does_not_answer_is_red_and_not_green(source, target, side):
    {"source": source, "target": target}[side].fail("ListTables", TransientError("no"), times=None)
    found = forward(source, target)
    (red,) = found.red
    assert "cannot be reached. Check it" in red
    assert f"http://{side}:1 answers to these credentials" not in found.green


@pytest.mark.parametrize("side", ["source", "target"])
def test_wrong_credentials_are_red_and_name_their_arguments(source, target, side):
    fake = {"source": source, "target": target}[side]
    fake.fail("ListTables", ServiceError("UnrecognizedClientException", "bad token"), times=None)
    fake.fail("DescribeTable", ServiceError("UnrecognizedClientException", "bad token"), times=None)
    (red,) = forward(source, target).red
    name = {"source": "--dynamodbak", "target": "--polardbak"}[side]
    assert f"Check {name}" in red


@pytest.mark.parametrize("view", ["KEYS_ONLY", "OLD_IMAGE"])
def test_a_stream_without_new_images_is_red_and_its_table_is_not_green(source, target, view):
    source.tables["orders"]["StreamSpecification"]["StreamViewType"] = view
    found = forward(source, target)
    (red,) = found.red
    assert red.startswith(f"table orders: its stream's view type is {view}")
    assert not any("orders" in text for text in found.green)
    assert forward(source, target, mode="full").red == []


def test_a_missing_stream_is_a_warning_or_red_if_the_job_must_not_enable_it(source, target):
    source.disable_stream("users")
    assert "users: has no stream yet; the job will enable it" in forward(source, target).yellow
    (red,) = forward(source, target, streams__enable="false").red
    assert red.startswith("table users: it has no enabled stream. Set streams.enable: true")


def test_a_different_key_at_the_target_is_red_with_both_keys(source, target):
    target.make(request("orders", key="id"))
    (red,) = forward(source, target).red
    assert "the source's key is pk (S, HASH), the target's is id (S, HASH)" in red
    assert "Drop the target's table" in red


def test_a_target_that_leads_back_to_the_source_is_red(source):
    reds = forward(source, source).red
    assert all("polardb.endpoint leads to the source's own table" in red for red in reds)
    assert reds


def test_tables_that_will_be_dropped_are_a_warning(source, target):
    target.make(request("orders", key="id"), items=1)
    found = forward(source, target, tables__existing="recreate")
    assert found.red == []
    assert [text for text in found.yellow if "DROPPED" in text] == [
        "orders: at the target it will be DROPPED and recreated (tables.existing: recreate)"
    ]


def test_what_a_kept_table_lacks_is_a_warning(source, target):
    source.make(request("indexed", indexed=True), stream=VIEW)
    target.make(request("indexed"))
    found = forward(source, target, filter__whiteTableSet="indexed")
    assert any(text.startswith("indexed: global index") for text in found.yellow)


def test_a_filter_that_matches_nothing_is_red(source, target):
    (red,) = forward(source, target, filter__whiteTableSet="invoices_*").red
    assert red.startswith("filter: no table of the source matches")


def test_no_folder_for_dead_letters_is_a_warning(source, target):
    assert any("deadLetter.path" in text for text in forward(source, target, deadLetter__path="").yellow)


def estimates(found: Any) -> str:
    return " ".join(line.text for line in found.lines if line.about == "estimate")


def test_duration_and_capacity_units_are_shown_and_depend_on_limits_and_consistency(source, target):
    told = estimates(forward(source, target))
    assert "about 292,969 read capacity units" in told
    assert "with 4 slots of one core each, limited by: processors" in told
    told = estimates(forward(source, target, scan__consistentRead="true", scan__readLimit__rate="100"))
    assert "about 585,938 read capacity units" in told
    assert "limited by: scan.readLimit.rate" in told
    assert "about 49 min with" in told


def test_a_copy_longer_than_the_streams_retention_is_a_warning(source, target):
    source.tables["orders"].update(TableSizeBytes=10**13, ItemCount=10**10)
    found = forward(source, target)
    assert any(
        "longer than the stream's retention of 24 hours. This is allowed" in text for text in found.yellow
    )


@pytest.mark.parametrize("mode", ["incremental", "schema"])
def test_without_a_copy_there_is_no_estimate(source, target, mode):
    assert estimates(forward(source, target, mode=mode)) == ""
