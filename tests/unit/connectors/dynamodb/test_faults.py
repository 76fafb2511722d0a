from __future__ import annotations

import pickle

import pytest

from connectors.base.errors import TerminalError, TransientError
from connectors.dynamodb.faults import Names, ServiceError, fault_of
from connectors.dynamodb.retry import Policy, Verdict, classify

NAMES = Names("target.endpoint", "target.region", "--polardbusername", "--polardbkey")


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
        (fault("ProvisionedThroughputExceededException"), Verdict.THROTTLED),
        (fault("ThrottlingException"), Verdict.THROTTLED),
        (fault("RequestLimitExceeded"), Verdict.THROTTLED),
        (fault("LimitExceededException", operation="GetRecords"), Verdict.THROTTLED),
        (fault("HTTP 429", 429), Verdict.THROTTLED),
        (fault("InternalServerError", 500), Verdict.TRANSIENT),
        (fault("HTTP 503", 503), Verdict.TRANSIENT),
        (TransientError("reset"), Verdict.TRANSIENT),
        (fault("ExpiredTokenException"), Verdict.EXPIRED),
        (fault("ValidationException"), Verdict.ITEM),
        (fault("SerializationException"), Verdict.ITEM),
        (fault("HTTP 413", 413), Verdict.ITEM),
        (fault("ValidationException", operation="Scan"), Verdict.TERMINAL),
        (fault("AccessDeniedException"), Verdict.TERMINAL),
        (fault("UnrecognizedClientException"), Verdict.TERMINAL),
        (fault("ResourceNotFoundException"), Verdict.TERMINAL),
        (fault("TableNotFound"), Verdict.TERMINAL),
        (fault("TrimmedDataAccessException", operation="GetRecords"), Verdict.TERMINAL),
        (TerminalError("no"), Verdict.TERMINAL),
    ],
)
def test_each_fault_has_its_verdict(error: Exception, verdict: Verdict) -> None:
    assert classify(error) is verdict


def test_pauses_grow_up_to_the_cap_and_are_spread_from_zero() -> None:
    policy = Policy(base=0.1, cap=3.0)
    assert [policy.pause(attempt, lambda: 1.0) for attempt in range(7)] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.0, 3.0]
    assert policy.pause(10_000, lambda: 1.0) == 3.0
    assert policy.pause(5, lambda: 0.0) == 0.0
