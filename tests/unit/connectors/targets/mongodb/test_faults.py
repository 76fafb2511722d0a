from __future__ import annotations

import pickle

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
from connectors.targets.mongodb.faults import (
    MongoFaultClass,
    UnclearFault,
    error_of,
    server_message,
    verdict_of,
)


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


PASSING = (
    # InternalError, and of each category of error_codes.yml some:
    *(1, 6, 7, 89, 9001),  # network
    *(91, 11600),  # shutdown
    *(189, 10107, 11602, 13435, 13436, 10058),  # not primary
    *(24, 50, 237, 262, 279, 290, 355, 453, 11601, 46841),  # interrupted, out of time
    *(134, 202, 358, 402, 406, 407, 412, 462, 50915, 91331),  # retriable
    *(63, 150, 249, 13388),  # to be sent elsewhere
    *(112, 239, 246, 250, 272),  # conflicts, snapshots
    *(433, 449, 450, 16500),  # too much
    *(46, 107, 117, 215, 216, 267, 365, 371, 12586, 12587),  # something is going on there
)


@pytest.mark.parametrize("code", PASSING)
def test_what_passes_on_a_server_passes_for_one_write_and_for_a_command(code: int) -> None:
    assert verdict_of(code) is MongoFaultClass.TRANSIENT
    assert isinstance(error_of(OperationFailure("no", code), "table t: writing"), TransientError)


@pytest.mark.parametrize("code", [2, 9, 14, 15, 16, 22, 52, 57, 66, 121, 171, 378, 10334, 17280, 99999])
def test_what_one_document_holds_is_that_documents_fault(code: int) -> None:
    assert verdict_of(code) is MongoFaultClass.ITEM


@pytest.mark.parametrize("code", [11000, 11001, 12582])
def test_a_duplicate_may_pass_or_stay(code: int) -> None:
    assert verdict_of(code) is MongoFaultClass.DUPLICATE


def test_a_servers_words_command_no_terminal() -> None:
    assert server_message({"errmsg": "no \x1b[2J table"}) == r"no \u001b[2J table"
    assert server_message(OperationFailure("no \x9b31m", 20)) == r"no \u009b31m (code 20)"


@pytest.mark.parametrize(
    ("error", "unclear"),
    [
        (AutoReconnect("connection closed"), True),
        (NetworkTimeout("timed out"), True),
        (OperationFailure("internal error", 1), True),
        (ExecutionTimeout("operation exceeded time limit", 50), True),
        (NotPrimaryError("not primary"), False),
        (ServerSelectionTimeoutError("no servers found yet"), False),
        (OperationFailure("no space left", 14031), False),
        (OperationFailure("too many requests", 16500), False),
        (WTimeoutError("waiting for replication timed out", 64), False),
    ],
)
def test_a_closed_connection_may_be_a_documents_fault_and_the_servers_state_is_not(
    error: PyMongoError, unclear: bool
) -> None:
    found = error_of(error, "table t: writing")
    assert isinstance(found, TransientError)
    assert isinstance(found, UnclearFault) is unclear


def test_an_unclear_fault_survives_being_passed_between_processes() -> None:
    found = pickle.loads(pickle.dumps(error_of(AutoReconnect("closed"), "table t: writing")))
    assert isinstance(found, UnclearFault)
    assert found.reason == "closed"
    assert "Check mongodb.uri" in str(found)
