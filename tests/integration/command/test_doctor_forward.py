"""Every red line of the doctor for the forward job, caused by real servers."""

from __future__ import annotations

import pytest

from local.stack.home import free_port
from tests.integration.command.conftest import ask, run

NOWHERE = "http://127.0.0.1:{}"


@pytest.fixture
def tables(sides):
    """Two tables with streams; one of them has items."""
    orders, users = sides.make("orders"), sides.make("users", "id:S")
    sides.put(users, {"id": {"S": "a"}})
    return orders, users


def test_the_local_stack_meets_the_jobs_requirements_and_nothing_is_written(doctor, tables, sides, flink):
    url = flink("1.20.5", execution__checkpointing__dir="file:///mnt/checkpoints")
    report = doctor("--flink", url, streams__gap="rescan")
    assert report.exit_code == 0, report.output
    assert all(any(text.startswith(f"{table}: key ") for text in report.green) for table in tables)
    for name in ("ListTables", "DescribeTable", "Scan", "DescribeStream", "GetRecords", "BatchGetItem"):
        assert f"dynamodb:{name}: allowed" in report.green
    assert [text.split(":")[1] for text in report.yellow] == ["UpdateTable"]
    assert "version 1.20.5" in report.green
    assert sides.listed(sides.target) == []


def test_a_table_of_80_columns_has_a_word_on_each_line(sets, environ, tables):
    done = run(["--patience=1"], {**sets, "dynamodb.endpoint": NOWHERE.format(free_port())}, environ)
    assert done.exit_code == 1
    assert max(map(len, done.output.splitlines())) <= 80
    assert "PROBLEM  sides" in done.output


@pytest.mark.parametrize("key", ["dynamodb.endpoint", "polardb.endpoint"])
def test_a_side_that_cannot_be_reached(doctor, tables, key):
    (red,) = doctor("--patience=1", **{key: NOWHERE.format(free_port())}).red
    assert red.startswith(f"{key} cannot be reached. Check it")


def test_a_wrong_key_at_the_target(sets, environ, tables):
    report = ask([], sets, {**environ, "POLARSHAKE_POLARDB_SK": "not-the-key"})
    (red,) = report.red
    assert red.startswith("polardb.endpoint refuses the credentials")
    assert "Check --polardbak and --polardbsk" in red


def test_no_key_at_all(sets, environ, tables, tmp_path):
    without = {
        **{name: None if "DYNAMODB" in name else value for name, value in environ.items()},
        **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE")),
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    (red,) = ask([], sets, without).red
    assert red.startswith("no AWS credentials: give --dynamodbak and --dynamodbsk")


def test_a_stream_of_keys_only(doctor, sides, tables):
    view = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    table = sides.make("keys", stream=False, StreamSpecification=view)
    (red,) = doctor().red
    assert red.startswith(f"table {table}: its stream's view type is KEYS_ONLY")
    assert "Disable the stream and enable it again" in red


def test_a_missing_stream_that_the_job_may_not_enable(doctor, sides, tables):
    table = sides.make("silent", stream=False)
    (red,) = doctor(streams__enable="false").red
    assert red.startswith(f"table {table}: it has no enabled stream. Set streams.enable: true")
    assert f"{table}: has no stream yet; the job will enable it" in doctor().yellow


def test_another_key_at_the_target(doctor, sides, tables):
    sides.target.ask(
        "CreateTable",
        {
            "TableName": tables[1],
            "KeySchema": [{"AttributeName": "name", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "name", "AttributeType": "S"}],
        },
    )
    (red,) = doctor().red
    assert "the source's key is id (S, HASH), the target's is name (S, HASH)" in red
    report = doctor(tables__existing="recreate")
    assert report.red == []
    assert any("DROPPED" in text for text in report.yellow)


def test_a_target_with_items_and_tables_existing_set_to_fail(doctor, sides, tables):
    sides.target.ask(
        "CreateTable",
        {
            "TableName": tables[1],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        },
    )
    sides.target.ask("PutItem", {"TableName": tables[1], "Item": {"id": {"S": "a"}}})
    (red,) = doctor(tables__existing="fail").red
    assert "tables.existing is fail. Set it to keep" in red


def test_a_target_that_leads_back_to_the_source(doctor, source, tables):
    (red,) = doctor(polardb__endpoint=source.address).red
    assert "polardb.endpoint leads to the source's own table" in red


def test_a_filter_that_matches_nothing_and_a_table_that_does_not_exist(doctor, tables):
    (red,) = doctor(filter__whiteTableSet="no_such_*").red
    assert red.startswith("filter: no table of the source matches. It has ")
    (red,) = doctor(filter__whiteTableSet=f"no_such_table;{tables[0]}").red
    assert red.startswith("filter.whiteTableSet: the source has no table no_such_table")


SERVICES = {
    "dynamodb": ("ListTables", "DescribeTable", "DescribeTimeToLive", "Scan", "BatchGetItem"),
    "dynamodbstreams": ("DescribeStream", "GetShardIterator", "GetRecords"),
}


def test_each_right_that_is_lacking_and_a_wrong_key_at_the_source(doctor, source, fault_proxy, tables):
    proxy = fault_proxy(source.address)
    for service, operations in SERVICES.items():
        for operation in operations:
            error = {"code": "AccessDeniedException", "status": 400}
            proxy.set_rules([{"service": service, "operation": operation, "error": error}])
            report = doctor(dynamodb__endpoint=proxy.address, streams__gap="rescan")
            assert any(f"Allow the IAM action dynamodb:{operation} " in red for red in report.red), (
                report.output
            )
            assert f"dynamodb:{operation}: allowed" not in report.green
            assert proxy.fired()
            proxy.forget()
    error = {"code": "UnrecognizedClientException", "status": 400}
    proxy.set_rules(
        [{"service": "dynamodb", "operation": name, "error": error} for name in SERVICES["dynamodb"]]
    )
    (red,) = doctor(dynamodb__endpoint=proxy.address).red
    assert red.startswith("dynamodb.endpoint refuses the credentials: UnrecognizedClientException")
    assert "--dynamodbsk" in red


@pytest.mark.parametrize("version", ["1.19.3", "2.0.1"])
def test_another_flink(doctor, tables, flink, version):
    (red,) = doctor("--flink", flink(version)).red
    assert red.startswith(f"version {version}, but the jobs need 1.20: start a cluster")


def test_a_flink_that_does_not_answer_and_a_server_that_is_not_flink(doctor, tables, source):
    (red,) = doctor("--flink", NOWHERE.format(free_port())).red
    assert "does not answer" in red
    assert "Check --flink" in red
    (red,) = doctor("--flink", source.address).red
    assert "Check --flink" in red


def test_a_cluster_with_too_few_slots_and_nowhere_to_keep_checkpoints(doctor, tables, flink):
    report = doctor("--flink", flink("1.20.5", slots=2), parallelism=4)
    assert report.exit_code == 0
    assert any("2 slots, and parallelism is 4" in text for text in report.yellow)
    assert any("execution.checkpointing.dir" in text for text in report.yellow)
