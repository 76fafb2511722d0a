"""The forward job's sides: what is green, what is yellow, and each red line."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.base.errors import TransientError
from connectors.dynamodb.faults import ServiceError
from tests.fakes.tables import FakeTables
from tests.unit.connectors.command.doctor.examinations import forward
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
    report = forward(source, target)
    assert report.red == []
    assert any("orders: key pk (S, HASH); about 3,000,000 items, 1.2 GB" in text for text in report.green)
    assert any("orders" in text and "will be created at the target" in text for text in report.green)
    assert any("users" in text and "exists at the target and is compatible" in text for text in report.green)
    assert "http://source:1 answers to these credentials" in report.green
    assert "http://target:1 answers to these credentials" in report.green
    assert source.writes() == target.writes() == []


def test_each_verified_right_is_green_with_its_name(source, target):
    report = forward(source, target, streams__gap="rescan")
    for name in ("ListTables", "DescribeTable", "DescribeTimeToLive", "Scan", "BatchGetItem"):
        assert f"dynamodb:{name}: allowed" in report.green
    for name in ("DescribeStream", "GetShardIterator", "GetRecords"):
        assert f"dynamodb:{name}: allowed" in report.green
    (untried,) = [text for text in report.yellow if "not verified" in text]
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
    report = forward(source, target, streams__gap="rescan")
    assert any(f"Allow the IAM action dynamodb:{operation} " in text for text in report.red)
    assert f"dynamodb:{operation}: allowed" not in report.green


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_side_that_does_not_answer_is_red_and_not_green(source, target, side):
    {"source": source, "target": target}[side].fail("ListTables", TransientError("no"), times=None)
    report = forward(source, target)
    (red,) = report.red
    assert "cannot be reached. Check it" in red
    assert ("PolarDB" in red, "dynamodb.region" in red) == (side == "target", side == "source")
    assert f"http://{side}:1 answers to these credentials" not in report.green


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
    report = forward(source, target)
    (red,) = report.red
    assert red.startswith(f"table orders: its stream's view type is {view}")
    assert not any("orders" in text for text in report.green)
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
    report = forward(source, target, tables__existing="recreate")
    assert report.red == []
    assert [text for text in report.yellow if "DROPPED" in text] == [
        "orders: at the target it will be DROPPED and recreated (tables.existing: recreate)"
    ]


def test_what_a_kept_table_lacks_is_a_warning(source, target):
    source.make(request("indexed", indexed=True), stream=VIEW)
    target.make(request("indexed"))
    report = forward(source, target, filter__whiteTableSet="indexed")
    assert any(text.startswith("indexed: global index") for text in report.yellow)


def test_a_filter_that_matches_nothing_is_red(source, target):
    (red,) = forward(source, target, filter__whiteTableSet="invoices_*").red
    assert red.startswith("filter: no table of the source matches")


def test_no_folder_for_dead_letters_is_a_warning(source, target):
    assert any("deadLetter.path" in text for text in forward(source, target, deadLetter__path="").yellow)


def estimates(report: Any) -> str:
    return " ".join(line.text for line in report.lines if line.about == "estimate")


def test_duration_and_capacity_units_are_shown_and_depend_on_limits_and_consistency(source, target):
    text = estimates(forward(source, target))
    assert "about 292,969 read capacity units" in text
    assert "with 4 slots of one core each, limited by: processors" in text
    text = estimates(forward(source, target, scan__consistentRead="true", scan__readLimit__rate="100"))
    assert "about 585,938 read capacity units" in text
    assert "limited by: scan.readLimit.rate" in text
    assert "about 49 min with" in text


def test_a_copy_longer_than_the_streams_retention_is_a_warning(source, target):
    source.tables["orders"].update(TableSizeBytes=10**13, ItemCount=10**10)
    report = forward(source, target)
    assert any(
        "longer than the stream's retention of 24 hours. This is allowed" in text for text in report.yellow
    )


@pytest.mark.parametrize("mode", ["incremental", "schema"])
def test_without_a_copy_there_is_no_estimate(source, target, mode):
    assert estimates(forward(source, target, mode=mode)) == ""
