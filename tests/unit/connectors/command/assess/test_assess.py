"""The assessment of a whole account: what it reads, and what it says."""

from __future__ import annotations

import re

import msgspec
import pytest

from connectors.base.errors import TerminalError, TransientError
from connectors.command.assess.document import AssessmentVerdict, as_json, exit_code_of
from connectors.command.assess.page.render import render
from connectors.command.assess.read_only import READS, ReadOnly
from connectors.command.assess.text import text_of
from connectors.dynamodb.faults import ServiceError
from tests.fakes.account import FakeAccount
from tests.harness.assessment import assessed

DENIED = ServiceError("AccessDeniedException", "not allowed")
EVERYTHING = {
    "Replicas": [{"RegionName": "us-east-1"}],
    "TableClassSummary": {"TableClass": "STANDARD_INFREQUENT_ACCESS"},
    "SSEDescription": {"Status": "ENABLED", "SSEType": "KMS"},
    "DeletionProtectionEnabled": True,
    "WarmThroughput": {"ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 4_000},
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    "LatestStreamArn": "arn:stream",
    "ProvisionedThroughput": {"ReadCapacityUnits": 100, "WriteCapacityUnits": 50},
    "BillingModeSummary": {},
}
ANSWERS = {
    "DescribeContinuousBackups": {
        "ContinuousBackupsDescription": {
            "PointInTimeRecoveryDescription": {
                "PointInTimeRecoveryStatus": "ENABLED",
                "RecoveryPeriodInDays": 35,
            }
        }
    },
    "ListBackups": {"BackupSummaries": [{"BackupName": "b"}]},
    "ListTagsOfResource": {"Tags": [{"Key": "team", "Value": "a-secret-value"}]},
    "GetResourcePolicy": {"Policy": "{}"},
    "DescribeKinesisStreamingDestination": {
        "KinesisDataStreamDestinations": [{"StreamArn": "arn:kinesis", "DestinationStatus": "ACTIVE"}]
    },
    "DescribeTableReplicaAutoScaling": {
        "TableAutoScalingDescription": {
            "Replicas": [
                {
                    "ReplicaProvisionedReadCapacityAutoScalingSettings": {
                        "MinimumUnits": 5,
                        "MaximumUnits": 4000,
                        "AutoScalingDisabled": False,
                    }
                }
            ]
        }
    },
    "DescribeLimits": {"TableMaxReadCapacityUnits": 40_000},
}


def items(number: int, size: int = 10):
    return [{"pk": {"S": f"key-{at}"}, "text": {"S": "x" * size}} for at in range(number)]


@pytest.fixture
def account():
    made = FakeAccount()
    made.add("orders", items(5000))
    made.add("users", items(30))
    return made


@pytest.fixture
def full():
    made = FakeAccount()
    made.add("orders", items(100), **EVERYTHING)
    made.answers.update(ANSWERS)
    return made


def found(assessment, section="left_behind"):
    return {each.what: each for each in getattr(assessment, section)}


def test_only_reads_are_called_and_each_scan_is_bounded(full):
    full.add("large", items(20_000))
    assessed(full)
    assert set(full.calls) <= READS
    assert all(operation.startswith(("Describe", "List", "Scan", "Get")) for operation in full.calls)
    assert all(0 < request["Limit"] <= 100 for request in full.scans)
    assert sum(request["Limit"] for request in full.scans) <= 2 * (200 + 8) * 2


@pytest.mark.parametrize(
    "operation", ["PutItem", "DeleteTable", "UpdateTable", "BatchWriteItem", "GetRecords"]
)
def test_the_caller_refuses_everything_else(account, operation):
    with pytest.raises(TerminalError):
        ReadOnly(account).call(operation, b"{}")
    assert account.calls == []


def test_everything_that_is_left_behind_is_named(full):
    left = found(assessed(full))
    assert set(left) == {
        *("replicas", "table class", "encryption key", "deletion protection", "readers of the stream"),
        *("provisioned capacity", "warm throughput", "point-in-time recovery", "backups", "tags"),
        *("resource policy", "Kinesis data stream", "autoscaling"),
    }
    assert left["point-in-time recovery"].details == ["35 days"]
    assert left["tags"].details == ["team"]
    assert left["autoscaling"].details == ["reads up to 4,000/s"]
    assert "a-secret-value" not in as_json(assessed(full))


def test_a_plain_table_leaves_nothing_behind(account):
    account.answers.update(
        {
            "DescribeContinuousBackups": {"ContinuousBackupsDescription": {}},
            "ListBackups": {"BackupSummaries": []},
            "ListTagsOfResource": {"Tags": []},
            "DescribeKinesisStreamingDestination": {"KinesisDataStreamDestinations": []},
        }
    )
    account.refused["GetResourcePolicy"] = ServiceError("PolicyNotFoundException", "none")
    assessment = assessed(account)
    assert (assessment.left_behind, assessment.not_known) == ([], [])
    assert assessment.verdict is AssessmentVerdict.CLEAR
    assert exit_code_of(assessment) == 0


def test_a_refused_question_names_the_permission_and_ends_nothing(full):
    for operation in ANSWERS:
        full.refused[operation] = DENIED
    unknown = found(assessed(full), "not_known")
    assert unknown["tags"].text == "needs permission dynamodb:ListTagsOfResource"
    assert unknown["tags"].tables == ["orders"]
    assert {"point-in-time recovery", "autoscaling", "backups"} <= set(unknown)


def test_an_operation_that_the_endpoint_lacks_is_asked_for_about_once(account):
    for at in range(60):
        account.add(f"table-{at}")
    unknown = found(assessed(account), "not_known")
    said = unknown["backups"].text
    assert said == "the endpoint does not answer ListBackups (UnknownOperationException)"
    assert len(unknown["backups"].tables) == 62
    assert account.calls.count("ListBackups") <= 8  # one for each thread, at most


def test_an_answer_of_another_shape_is_not_known(full):
    full.answers["ListTagsOfResource"] = {"Tags": [{"Name": 1}]}
    full.answers["DescribeContinuousBackups"] = {}
    unknown = found(assessed(full), "not_known")
    assert {"tags", "point-in-time recovery"} <= set(unknown)


def test_a_table_whose_scan_is_denied_makes_the_assessment_incomplete(account):
    account.refused["Scan"] = DENIED
    assessment = assessed(account)
    assert exit_code_of(assessment) == 2
    assert found(assessment, "not_known")["sizes, and what the target refuses"].text == (
        "needs permission dynamodb:Scan"
    )
    assert assessment.tables[0].refused_at_most is None


def test_a_source_that_does_not_answer_ends_the_assessment(account):
    account.refused["ListTables"] = TransientError("no answer")
    with pytest.raises(TransientError):
        assessed(account)


def test_items_that_polardb_refuses_are_obstacles(account):
    account.add("letters", [*items(20), {"pk": {"S": "bad"}, "text": {"S": "nul\x00"}}])
    assessment = assessed(account)
    [obstacle] = assessment.obstacles
    assert (obstacle.what, obstacle.tables) == ("items", ["letters"])
    assert obstacle.details == ['1 of 21 sampled items, such as pk = "bad"']
    assert "NUL" in obstacle.text
    assert exit_code_of(assessment) == 1
    assert assessment.tables[0].table == "letters"  # worst first, although it is small


def test_a_stream_without_new_images_is_an_obstacle_of_a_job_that_follows(account):
    stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    account.add("events", items(3), StreamSpecification=stream)
    assert found(assessed(account), "obstacles")["stream"].tables == ["events"]
    assert assessed(account, "mode=full").obstacles == []


def test_numbers_that_are_too_long_for_mongodb_are_a_remark(account):
    pytest.importorskip("pymongo")
    account.add("readings", [{"pk": {"S": "a"}, "n": {"N": "1" * 37 + "2"}}])
    options = ("target=mongodb", "mongodb.database=shop", "filter.whiteTableSet=readings")
    assessment = assessed(account, *options)
    assert "34 digits" in assessment.remarks[0].text
    assert assessment.obstacles == []
    refusing = assessed(account, *options, "mongodb.longNumbers=deadLetter")
    assert "34 digits" in refusing.obstacles[0].text


def test_a_collection_name_that_mongodb_refuses_is_an_obstacle(account):
    pytest.importorskip("pymongo")
    account.add("system.orders", items(2))
    assessment = assessed(account, "target=mongodb", "mongodb.database=shop")
    assert found(assessment, "obstacles")["table"].tables == ["system.orders"]


def test_a_name_in_the_filter_that_does_not_exist_is_an_obstacle(account):
    assessment = assessed(account, "filter.whiteTableSet=orders;nowhere")
    assert "nowhere" in assessment.obstacles[0].text
    assert assessment.left_out == ["users"]


def test_the_plan_keeps_each_table_under_its_share_and_names_the_one_that_slows_the_rest():
    account = FakeAccount()
    account.add("huge", ItemCount=10**9, TableSizeBytes=10**12)
    account.add(
        "small",
        ItemCount=10**6,
        TableSizeBytes=10**9,
        ProvisionedThroughput={"ReadCapacityUnits": 100, "WriteCapacityUnits": 100},
    )
    assessment = assessed(account, sample=0, share=0.2)
    plan = assessment.plan
    assert (plan.read_limit_rate, plan.read_limit_table) == (8000.0, "huge")
    assert (plan.apart, plan.apart_rate) == (["small"], 20.0)
    assert plan.hours_at_rate < 24
    assert plan.apart_hours == pytest.approx(10**9 / 8192 / 20 / 3600, rel=0.1)
    assert "so little read capacity" in text_of(assessment, "")


def test_tables_with_the_capacity_that_they_need_are_copied_together(account):
    plan = assessed(account, sample=0).plan
    assert (plan.apart, plan.read_limit_rate) == ([], 10_000)


def test_the_json_is_read_back_as_the_same_assessment(full):
    assessment = assessed(full)
    assert msgspec.json.decode(as_json(assessment), type=type(assessment)) == assessment


def many(count: int) -> FakeAccount:
    made = FakeAccount()
    for at in range(count):
        made.add(f"a-table-with-a-long-name-{at:04}", items(3), **EVERYTHING)
    made.answers.update(ANSWERS)
    return made


def test_the_page_of_500_tables_is_not_larger_than_that_of_100():
    small, large = render(assessed(many(100))), render(assessed(many(500)))
    assert len(large) < 1.02 * len(small) < 200_000
    assert "And 400 smaller tables" in large


def test_the_text_of_500_tables_fits_80_columns_and_two_pages():
    text = text_of(assessed(many(500)), "")
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) < 130


def test_the_text_contains_the_plan_and_what_is_left_behind(full):
    text = " ".join(text_of(assessed(full), "/tmp/assess.html").split())
    assert text.startswith("NO OBSTACLE FOUND")
    assert "tags: Cost allocation" in text
    assert "scan.readLimit.rate=25 keeps every table under 25 % of its read capacity" in text
    assert text.endswith("Page: /tmp/assess.html")


def test_the_page_names_the_source_of_each_price_and_marks_those_to_check(full):
    page = render(assessed(full))
    marked = [part.split("</dt>")[0] for part in page.split('<dt><span class="code">')[1:]]
    assert [("check this price" in part, part.split("<")[0]) for part in marked] == [
        (False, "million_read_units"),
        (True, "million_stream_reads"),
        (True, "slot_hour"),
    ]
    assert "AWS price list of Amazon DynamoDB for us-east-1" in page
    assert "Check these prices: million_stream_reads, slot_hour." in " ".join(
        text_of(assessed(full), "").split()
    )


def test_an_arn_is_not_broken_so_that_it_can_be_copied(full):
    arn = f"arn:aws:dynamodb:eu-west-1:000000000000:table/{'x' * 90}"
    full.answers["ListTagsOfResource"] = {"Tags": [{"Key": arn}]}
    assert arn in text_of(assessed(full), "")


def test_the_page_escapes_what_the_source_says(full):
    full.answers["ListTagsOfResource"] = {"Tags": [{"Key": "</dd><script>alert(1)</script>\x1b[31m"}]}
    page = render(assessed(full))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "\x1b" not in page
    assert not re.search(r"src=|href=\"http", page)
    assert "\x1b" not in text_of(assessed(full), "")
