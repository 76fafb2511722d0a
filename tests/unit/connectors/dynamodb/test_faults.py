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
        (b'{"__type":{"a":1}}', "", "HTTP 502"),
        (b'{"__type":["x"],"code":"TableNotFound"}', "", "TableNotFound"),
        (b'{"__type":"\\u001b[31mred"}', "", "HTTP 502"),
        (b'{"__type":"' + b"x" * 5000 + b'"}', "", "HTTP 502"),
        (b"[" * 100_000, "", "HTTP 502"),
        (b'{"a":' * 100_000, "", "HTTP 502"),
        (b'{"message":' + b"[" * 600 + b"]" * 600 + b"}", "", "HTTP 502"),
        (b'{"message":{"a":[1]}}', "ValidationException", "ValidationException"),
    ],
)
def test_the_code_is_found_wherever_the_service_puts_it(body: bytes, header: str, code: str) -> None:
    assert fault_of(502, body, header, "Scan", "", NAMES).code == code


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("UnrecognizedClientException", "--polardbusername and --polardbkey"),
        ("InvalidSignatureException", "clock"),
        ("AccessDeniedException", "dynamodb:BatchWriteItem"),
        ("ResourceNotFoundException", "target.endpoint"),
        ("TableNotFound", "target.endpoint"),
        ("ExpiredTokenException", "fresh credentials"),
        ("RequestTimeTooSkewed", "clock"),
        ("RequestExpired", "clock"),
        ("RequestInTheFuture", "clock"),
    ],
)
def test_the_error_says_what_to_change(code: str, message: str) -> None:
    body = f'{{"__type":"{code}","message":"refused"}}'.encode()
    error = fault_of(400, body, "", "BatchWriteItem", "orders", NAMES)
    assert message in str(error)
    assert str(error).startswith(f"BatchWriteItem on table orders: {code}: refused")


@pytest.mark.parametrize(
    "code", ["InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed"]
)
@pytest.mark.parametrize(
    ("ahead", "message"),
    [
        (1020.0, "This machine's clock is 17 minutes ahead of the service's."),
        (-3600.0, "This machine's clock is 60 minutes behind the service's."),
    ],
)
def test_a_clock_that_is_wrong_is_found_by_the_answers_date_not_by_words(
    code: str, ahead: float, message: str
) -> None:
    body = f'{{"__type":"{code}","message":"refused"}}'.encode()
    assert message in str(fault_of(403, body, "", "Scan", "orders", NAMES, ahead=ahead))


@pytest.mark.parametrize(("code", "ahead"), [("InvalidSignatureException", 30.0), ("AccessDenied", 1020.0)])
def test_a_clock_that_is_not_the_cause_is_not_blamed(code: str, ahead: float) -> None:
    body = f'{{"__type":"{code}","message":"refused"}}'.encode()
    assert "minutes" not in str(fault_of(403, body, "", "Scan", "orders", NAMES, ahead=ahead))


def test_a_wrong_clock_is_not_taken_for_expired_keys() -> None:
    assert classify(fault("RequestExpired")) is FaultClass.TERMINAL


@pytest.mark.parametrize("code", ["InvalidSignatureException", "ValidationException", "Anything"])
def test_the_request_that_a_refusal_quotes_is_not_shown(code: str) -> None:
    body = f'{{"__type":"{code}","message":"no match\\n\\nx-amz-security-token:TOKEN"}}'.encode()
    assert "TOKEN" not in str(fault_of(403, body, "", "Scan", "orders", NAMES))


def test_a_servers_words_are_short_and_move_no_cursor() -> None:
    message = "\\u001b[2J" + "x" * 100_000
    text = str(fault_of(400, f'{{"__type":"A","message":"{message}"}}'.encode(), "", "Scan", "t", NAMES))
    assert "\x1b" not in text
    assert len(text) < 2000


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("https://elsewhere:8443/path?token=hush", "redirect to https://elsewhere:8443, which"),
        ("https://user:hush@elsewhere/", "redirect to https://elsewhere, which"),
        ("/login?hush", "a redirect, which"),
        ("", "a redirect, which"),
        ("https://[::1", "a redirect, which"),
        ("http://h:99999999/", "a redirect, which"),
        ("javascript:hush", "a redirect, which"),
    ],
)
def test_a_redirect_names_its_target_and_the_setting_to_change(location: str, message: str) -> None:
    error = fault_of(307, b"", "", "Scan", "orders", NAMES, location)
    assert message in str(error)
    assert "target.endpoint" in str(error)
    assert "hush" not in str(error)
    assert classify(error) is FaultClass.TERMINAL


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


def test_a_request_that_timed_out_at_the_service_is_tried_again_whatever_it_is_called() -> None:
    assert classify(fault("HTTP 408", 408)) is FaultClass.TRANSIENT
