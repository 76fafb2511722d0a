from __future__ import annotations

import pickle

import pytest

from connectors.base.errors import TerminalError, TransientError
from connectors.dynamodb.faults import ServiceError, SettingNames, fault_of
from connectors.dynamodb.retry import FaultClass, Policy, classify

NAMES = SettingNames("target.endpoint", "target.region", "--polardbusername", "--polardbkey")


def fault(code: str, status: int = 400, operation: str = "BatchWriteItem") -> ServiceError:
    return ServiceError(code, "no", status, operation)


@pytest.mark.parametrize(
    ("body", "header", "code"),
    [
        (
            b'{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"x"}',
            "",
            "ResourceNotFoundException",
        ),
        (b'{"__type":"TableNotFound"}', "", "TableNotFound"),
        (b'{"Message":"x"}', "ValidationException:http://internal", "ValidationException"),
        (b"<html>bad gateway</html>", "", "HTTP 502"),
        (b"", "", "HTTP 502"),
        (b"[1]", "", "HTTP 502"),
        (b"\xff\xfe", "", "HTTP 502"),
    ],
)
def test_the_code_is_found_wherever_the_service_puts_it(body: bytes, header: str, code: str) -> None:
    assert fault_of(502, body, header, "Scan", "", NAMES).code == code


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("UnrecognizedClientException", "--polardbusername and --polardbkey"),
        ("InvalidSignatureException", "clock"),
        ("AccessDeniedException", "dynamodb:BatchWriteItem"),
        ("ResourceNotFoundException", "target.endpoint"),
        ("TableNotFound", "target.endpoint"),
        ("ExpiredTokenException", "fresh credentials"),
    ],
)
def test_the_error_says_what_to_change(code: str, told: str) -> None:
    body = f'{{"__type":"{code}","message":"refused"}}'.encode()
    error = fault_of(400, body, "", "BatchWriteItem", "orders", NAMES)
    assert told in str(error)
    assert str(error).startswith(f"BatchWriteItem on table orders: {code}: refused")


def test_an_error_survives_the_way_between_processes() -> None:
    error = ServiceError("ValidationException", "bad", 400, "PutItem", "orders")
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.code, copy.table) == (str(error), "ValidationException", "orders")


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (fault("ProvisionedThroughputExceededException"), FaultClass.THROTTLED),
        (fault("ThrottlingException"), FaultClass.THROTTLED),
        (fault("RequestLimitExceeded"), FaultClass.THROTTLED),
        (fault("LimitExceededException", operation="GetRecords"), FaultClass.THROTTLED),
        (fault("HTTP 429", 429), FaultClass.THROTTLED),
        (fault("InternalServerError", 500), FaultClass.TRANSIENT),
        (fault("HTTP 503", 503), FaultClass.TRANSIENT),
        (TransientError("reset"), FaultClass.TRANSIENT),
        (fault("ExpiredTokenException"), FaultClass.EXPIRED),
        (fault("ValidationException"), FaultClass.ITEM),
        (fault("SerializationException"), FaultClass.ITEM),
        (fault("HTTP 413", 413), FaultClass.ITEM),
        (fault("ValidationException", operation="Scan"), FaultClass.TERMINAL),
        (fault("AccessDeniedException"), FaultClass.TERMINAL),
        (fault("UnrecognizedClientException"), FaultClass.TERMINAL),
        (fault("ResourceNotFoundException"), FaultClass.TERMINAL),
        (fault("TableNotFound"), FaultClass.TERMINAL),
        (fault("TrimmedDataAccessException", operation="GetRecords"), FaultClass.TERMINAL),
        (TerminalError("no"), FaultClass.TERMINAL),
    ],
)
def test_each_fault_has_its_verdict(error: Exception, verdict: FaultClass) -> None:
    assert classify(error) is verdict


def test_pauses_grow_up_to_the_cap_and_are_spread_from_zero() -> None:
    policy = Policy(base=0.1, cap=3.0)
    assert [policy.pause(attempt, lambda: 1.0) for attempt in range(7)] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.0, 3.0]
    assert policy.pause(10_000, lambda: 1.0) == 3.0
    assert policy.pause(5, lambda: 0.0) == 0.0
