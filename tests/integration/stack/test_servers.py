"""PostgreSQL, the source and the fault proxy behave as the jobs require."""

import threading

import boto3
import psycopg2
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.stack.errors import StackError
from local.stack.installation import installations
from local.stack.postgres import Postgres
from local.stack.source import ACCESS_KEY, REGION, SECRET_KEY


def client(service, endpoint):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(retries={"total_max_attempts": 1}),
    )


def ask(dsn, statement):
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else None


def oldest_and_newest():
    found = sorted(installations(), key=lambda each: each.major)
    return {each.major: each for each in (found[:1] + found[-1:])}.values()


@pytest.mark.parametrize("installation", oldest_and_newest(), ids=lambda each: f"postgres-{each.major}")
def test_a_postgres_decodes_logically_and_keeps_its_slot_through_a_kill(home, installation):
    with Postgres(home, installation, {"fsync": "off"}, name=f"postgres-{installation.major}") as server:
        assert ask(server.dsn, "show wal_level") == [("logical",)]
        assert ask(server.dsn, "show server_version_num")[0][0].startswith(str(installation.major))
        ask(server.dsn, "select pg_create_logical_replication_slot('kept', 'pgoutput')")
        server.kill9()
        server.start()
        server.wait_ready()
        assert ask(server.dsn, "select slot_name from pg_replication_slots") == [("kept",)]


def test_a_postgres_waits_for_processes_of_a_killed_one_and_names_those_that_remain(home):
    with Postgres(home, settings={"fsync": "off"}, name="postgres-left") as server:
        child = server.process().children()[0]
        child.suspend()
        server.kill9()
        server.grace = 0.5
        with pytest.raises(StackError, match=rf"{child.pid} of the killed server"):
            server.start()
        del server.grace
        threading.Timer(0.5, child.resume).start()
        server.start()
        server.wait_ready()


def test_postgres_listens_on_loopback_only_and_wants_a_password(postgres):
    sockets = [each for each in postgres.process().net_connections() if each.status == "LISTEN"]
    assert {each.laddr.ip for each in sockets} == {"127.0.0.1"}
    with pytest.raises(psycopg2.OperationalError, match="no password supplied"):
        psycopg2.connect(postgres.address)


def test_the_password_of_postgres_is_for_its_owner_only_and_in_no_argument(postgres):
    assert postgres.passfile.stat().st_mode & 0o777 == 0o600
    assert postgres.password.reveal() in postgres.passfile.read_text()
    arguments = " ".join(part for each in [postgres.process()] for part in each.cmdline())
    assert postgres.password.reveal() not in arguments + postgres.log.read_text()


def test_the_source_has_streams_and_listens_on_loopback_only(source):
    dynamodb, streams = client("dynamodb", source.address), client("dynamodbstreams", source.address)
    arn = dynamodb.create_table(
        TableName="streamed",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]["LatestStreamArn"]
    dynamodb.put_item(TableName="streamed", Item={"id": {"S": "a"}})
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    assert [each["dynamodb"]["NewImage"] for each in records] == [{"id": {"S": "a"}}]
    sockets = [each for each in source.process().net_connections() if each.status == "LISTEN"]
    assert {each.laddr.ip.replace("::ffff:", "") for each in sockets} == {"127.0.0.1"}


def test_a_fault_fires_as_often_as_its_rule_says(source, fault_proxy):
    proxy = fault_proxy(source.address)
    proxy.set_rules(
        [
            {
                "service": "dynamodb",
                "operation": "ListTables",
                "times": 1,
                "error": {"code": "ProvisionedThroughputExceededException"},
            }
        ]
    )
    dynamodb = client("dynamodb", proxy.address)
    with pytest.raises(ClientError, match="ProvisionedThroughputExceeded"):
        dynamodb.list_tables()
    assert "TableNames" in dynamodb.list_tables()
    assert len(proxy.fired()) == 1


def test_the_proxy_before_postgres_lets_clients_through(postgres, fault_proxy):
    proxy = fault_proxy(f"127.0.0.1:{postgres.port}", protocol="postgres")
    port = proxy.address.split(":")[1]
    assert ask(postgres.dsn.replace(str(postgres.port), port), "select 1") == [(1,)]
