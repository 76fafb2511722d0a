from __future__ import annotations

import pytest
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConfigurationError,
    ExecutionTimeout,
    InvalidURI,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WTimeoutError,
)

from connectors.base.errors import ConfigError, TerminalError, TransientError
from connectors.targets.mongodb.faults import error_of, server_message


@pytest.mark.parametrize(
    "error",
    [
        AutoReconnect("connection closed"),
        NetworkTimeout("timed out"),
        NotPrimaryError("not primary"),
        ServerSelectionTimeoutError("no servers found yet"),
        ExecutionTimeout("operation exceeded time limit", 50),
        WTimeoutError("waiting for replication timed out", 64),
        OperationFailure("interrupted", 11602),
    ],
)
def test_network_not_primary_and_timeouts_pass_by_themselves(error: PyMongoError) -> None:
    found = error_of(error, "table t: writing")
    assert isinstance(found, TransientError)
    assert str(found).startswith("table t: writing: ")


@pytest.mark.parametrize(("code", "advice"), [(18, "user and password"), (13, "role readWrite"), (20, "")])
def test_a_refusal_does_not_and_says_what_to_change(code: int, advice: str) -> None:
    found = error_of(OperationFailure("no", code), "table t: writing")
    assert isinstance(found, TerminalError)
    assert advice in str(found)


@pytest.mark.parametrize("error", [InvalidURI("bad port 's3cret'"), ConfigurationError("s3cret")])
def test_what_the_driver_says_of_a_connection_string_is_not_repeated(error: PyMongoError) -> None:
    found = error_of(error, "t")
    assert isinstance(found, ConfigError)
    assert "s3cret" not in str(found)


def test_values_that_the_server_quotes_are_not_repeated() -> None:
    duplicate = {"code": 11000, "errmsg": 'E11000 duplicate key error index: a_1 dup key: { a: "private" }'}
    assert server_message(duplicate) == "E11000 duplicate key error index: a_1 (code 11000)"
    whole = BulkWriteError({"writeErrors": [{"op": {"u": "private"}}]})
    assert "private" not in server_message(whole)
