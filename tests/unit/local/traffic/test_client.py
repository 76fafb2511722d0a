from typing import List

import pytest
from botocore.credentials import Credentials

from local.traffic.client import Busy, Client, Lost, Refused, failure


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b'{"__type": "com.amazonaws.dynamodb.v20120810#ValidationException"}', Refused),
        (400, b'{"__type": "x#ProvisionedThroughputExceededException"}', Busy),
        (400, b'{"__type": "ThrottlingException"}', Busy),
        (500, b'{"__type": "InternalServerError"}', Lost),
        (503, b"<html>", Lost),
        (400, b"[]", Refused),
    ],
)
def test_a_reply_says_whether_the_call_may_have_been_applied(status: int, body: bytes, kind: type) -> None:
    assert type(failure("PutItem", status, body)) is kind


def test_a_failure_names_the_operation_the_code_and_the_message() -> None:
    error = failure("PutItem", 400, b'{"__type": "x#ValidationException", "message": "too large"}')
    assert str(error) == "PutItem: ValidationException: too large"
    assert error.code == "ValidationException"


def test_a_call_to_a_server_that_does_not_run_was_not_applied() -> None:
    client = Client("http://127.0.0.1:1", Credentials("id", "key"))
    with pytest.raises(Busy):
        client.call("PutItem", b"{}")


class Stalling(Client):
    """A client whose first answer is lost."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1", Credentials("id", "key"))
        self.calls: List[str] = []

    def call(self, operation: str, body: bytes) -> bytes:
        self.calls.append(operation)
        if len(self.calls) == 1:
            raise Lost(operation, "ReadTimeoutError")
        return b'{"answer": 1}'


@pytest.mark.parametrize("read", ["DescribeTable", "ListTables", "GetItem", "BatchGetItem", "Scan", "Query"])
def test_a_read_whose_answer_was_lost_is_repeated(read: str) -> None:
    client = Stalling()
    assert client.ask(read, {}) == {"answer": 1}
    assert client.calls == [read, read]


@pytest.mark.parametrize("write", ["PutItem", "DeleteItem", "UpdateItem", "UpdateTable", "CreateTable"])
def test_a_call_that_may_have_changed_something_is_not_repeated(write: str) -> None:
    client = Stalling()
    with pytest.raises(Lost):
        client.ask(write, {})
    assert client.calls == [write]


def test_a_missing_credential_is_named() -> None:
    with pytest.raises(KeyError, match="AWS_SECRET_ACCESS_KEY"):
        Client.from_environment("http://127.0.0.1:1", {"AWS_ACCESS_KEY_ID": "id"})
