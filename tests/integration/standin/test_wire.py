"""The HTTP protocol, and the start and stop of the program."""

from __future__ import annotations

import json
import signal
import subprocess
import zlib
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Dict, Optional
from unittest import mock

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.integration.standin.conftest import (
    ACCESS_KEY,
    SECRET_KEY,
    client_of,
    make_table,
    refused,
    start_standin,
    url_of,
)

HTTP = urllib3.PoolManager(retries=False)


def send(url: str, operation: str = "ListTables", data: bytes = b"{}", **headers: Optional[str]) -> Any:
    """Send a signed request. `headers` replace headers after signing; None removes one."""
    request = AWSRequest("POST", url + "/", {"X-Amz-Target": f"DynamoDB_20120810.{operation}"}, data)
    SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "dynamodb", "mars").add_auth(request)
    changes = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = {name: value for name, value in {**request.headers, **changes}.items() if value is not None}
    return HTTP.request("POST", url + "/", headers=kept, body=data)


def error_of(response: Any) -> str:
    kind: str = json.loads(response.data)["__type"]
    namespace, _, code = kind.partition("#")
    assert namespace == "com.amazonaws.dynamodb.v20120810"
    return code


def test_an_answer_has_the_headers_of_dynamodb(standin: Any) -> None:
    response = send(standin())
    assert response.status == 200
    assert response.headers["Content-Type"] == "application/x-amz-json-1.0"
    assert int(response.headers["x-amz-crc32"]) == zlib.crc32(response.data)
    assert int(response.headers["Content-Length"]) == len(response.data)
    assert len(response.headers["x-amzn-RequestId"]) == 52
    clock = parsedate_to_datetime(response.headers["Date"])
    assert abs(datetime.now(timezone.utc) - clock) < timedelta(minutes=1)


def test_an_error_has_a_status_and_a_type(standin: Any) -> None:
    response = send(standin(), "DescribeTable", b'{"TableName": "nowhere"}')
    assert response.status == 400
    assert error_of(response) == "TableNotFound"
    assert int(response.headers["x-amz-crc32"]) == zlib.crc32(response.data)


@pytest.mark.parametrize(
    ("operation", "data", "code"),
    [
        ("ListTables", b"{", "SerializationException"),
        ("ListTables", b'{"ExclusiveStartTableName": "\xff"}', "SerializationException"),
        ("PutItem", b'{"TableName": "t", "Item": {"pk": {"S": "\\ud800"}}}', "SerializationException"),
        ("DescribeTable", b"{}", "ValidationException"),
        ("DescribeTable", b'{"TableName": 1}', "ValidationException"),
        ("ListTables", b'{"Limit": 0}', "ValidationException"),
        ("TransactWriteItems", b"{}", "UnknownOperationException"),
    ],
)
def test_a_malformed_request_is_a_client_error(standin: Any, operation: str, data: bytes, code: str) -> None:
    response = send(standin(), operation, data)
    assert (response.status, error_of(response)) == (400, code)


def test_a_body_over_16_megabytes_is_refused_by_its_length(standin: Any) -> None:
    response = HTTP.request("POST", standin() + "/", body=b"x" * (16 * 2**20 + 1))
    assert (response.status, error_of(response)) == (413, "RequestEntityTooLarge")


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Authorization": None}, "MissingAuthenticationTokenException"),
        ({"Authorization": "AWS4-HMAC-SHA256 Credential=x"}, "IncompleteSignatureException"),
        ({"Authorization": "Basic abc"}, "IncompleteSignatureException"),
        ({"X_Amz_Date": None}, "IncompleteSignatureException"),
        ({"X_Amz_Date": "20200101T000000Z"}, "InvalidSignatureException"),
        ({"X_Amz_Target": "DynamoDB_20120810.DeleteTable"}, "InvalidSignatureException"),
        ({"X_Amz_Extra": "unsigned"}, "InvalidSignatureException"),
    ],
)
def test_a_request_that_differs_from_its_signature_is_refused(
    standin: Any, headers: Dict[str, Any], code: str
) -> None:
    assert error_of(send(standin(), **headers)) == code


def test_a_changed_body_is_refused(standin: Any) -> None:
    with mock.patch.object(SigV4Auth, "payload", return_value="0" * 64):
        assert error_of(send(standin())) == "InvalidSignatureException"


def test_a_wrong_key_is_refused(standin: Any) -> None:
    url = standin()
    assert refused(client_of(url, access_key="other").list_tables).startswith("UnrecognizedClientException")
    assert refused(client_of(url, secret_key="wrong").list_tables).startswith("InvalidSignatureException")


def test_a_request_signed_too_long_ago_is_refused(standin: Any) -> None:
    old = datetime.now(timezone.utc).replace(tzinfo=None) - timedelta(minutes=16)
    with mock.patch("botocore.auth.get_current_datetime", return_value=old):
        assert error_of(send(standin())) == "InvalidSignatureException"


def test_a_get_request_shows_that_the_server_runs(standin: Any) -> None:
    response = HTTP.request("GET", standin() + "/")
    assert (response.status, response.data) == (200, b"healthy: dynamodb")


def failed_start(*arguments: Any, **environment: str) -> str:
    process = start_standin(*arguments, **environment)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 2, errors
    assert "Traceback" not in errors
    return errors


def test_a_start_without_keys_names_the_missing_one(dsn: str) -> None:
    assert "STANDIN_SECRET_KEY" in failed_start(dsn, STANDIN_SECRET_KEY="")


def test_a_password_in_the_arguments_is_refused_and_not_repeated(dsn: str) -> None:
    errors = failed_start(dsn.replace("postgres@", "postgres:hunter2@"))
    assert "PGPASSWORD" in errors
    assert "hunter2" not in errors


def test_an_unknown_switch_is_refused_with_the_list_of_switches(dsn: str) -> None:
    errors = failed_start(dsn, "atomic=on")
    assert "atomic-batches" in errors


def test_a_postgresql_that_does_not_answer_is_named() -> None:
    assert "cannot connect to PostgreSQL" in failed_start("postgresql://nobody@127.0.0.1:1/")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_cleanly(dsn: str, number: Any) -> None:
    process = start_standin(dsn)
    client = client_of(url_of(process))
    client.list_tables()
    process.send_signal(number)
    _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")


def test_a_lost_connection_to_postgresql_is_a_500_and_recovers(dsn: str) -> None:
    process = start_standin(dsn)
    client = client_of(url_of(process))
    table = make_table(client)
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'polardb-standin'"

    from tests.integration.standin.conftest import asyncpg_run

    asyncpg_run(dsn, lambda connection: connection.execute(kill))
    try:
        client.put_item(TableName=table, Item={"pk": {"S": "a"}})
    except client.exceptions.InternalServerError:
        client.put_item(TableName=table, Item={"pk": {"S": "a"}})
    assert client.scan(TableName=table)["Count"] == 1
    process.terminate()
    assert process.wait(120) == 0


def test_the_secret_key_is_not_among_the_arguments(dsn: str) -> None:
    process = start_standin(dsn)
    url_of(process)
    arguments = subprocess.run(["ps", "-o", "args=", "-p", str(process.pid)], capture_output=True, text=True)
    process.terminate()
    process.wait(120)
    assert SECRET_KEY not in arguments.stdout
