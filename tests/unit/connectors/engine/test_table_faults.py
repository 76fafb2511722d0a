"""Which errors belong to one table."""

from __future__ import annotations

from typing import Optional

import pytest

from connectors.base.errors import ConfigError, GapError, PreflightError, TerminalError, TransientError
from connectors.base.table_fault import FaultKind, TableError
from connectors.dynamodb.answers import DamagedError
from connectors.dynamodb.faults import ServiceError
from connectors.engine.table_faults import fault_of


def service(code: str, operation: str = "Scan", table: str = "t", status: int = 400) -> ServiceError:
    return ServiceError(code, "no", status, operation, table)


@pytest.mark.parametrize(
    ("error", "of_target", "kind"),
    [
        (GapError("t", "trimmed"), False, FaultKind.GAP),
        (TableError("t", FaultKind.STREAM_UNFIT, "KEYS_ONLY"), False, FaultKind.STREAM_UNFIT),
        (service("ResourceNotFoundException"), False, FaultKind.SOURCE_GONE),
        (service("ResourceNotFoundException"), True, FaultKind.TARGET_GONE),
        (service("ResourceNotFoundException", "DescribeStream", ""), False, FaultKind.GAP),
        (service("AccessDeniedException"), False, FaultKind.SOURCE_DENIED),
        (service("AccessDeniedException", "GetRecords", ""), False, FaultKind.SOURCE_DENIED),
        (service("AccessDeniedException"), True, FaultKind.TARGET_DENIED),
        (service("ValidationException"), False, FaultKind.OTHER),
        (service("KMSDisabledException"), False, FaultKind.OTHER),
    ],
)
def test_an_error_of_the_table_is_of_this_kind(error: Exception, of_target: bool, kind: FaultKind) -> None:
    fault = fault_of(error, "t", of_target)
    assert fault is not None
    assert fault.kind is kind


@pytest.mark.parametrize(
    "error",
    [
        GapError("another", "trimmed"),
        TableError("polarshake_origin", FaultKind.TARGET_REFUSES, "no"),
        service("ResourceNotFoundException", table="another"),
        service("UnrecognizedClientException"),
        service("ExpiredTokenException"),
        service("RequestTimeTooSkewed"),
        service("UnknownOperationException"),
        service("HTTP 404", status=404),
        service("ThrottlingException"),
        service("InternalServerError", status=500),
        service("AccessDeniedException", status=503),
        TransientError("no answer"),
        DamagedError("status 200 with an error"),
        PreflightError("both endpoints are one server"),
        ConfigError("file", "key", "is wrong"),
        TerminalError("dead letters cannot be stored"),
        ValueError("a bug"),
    ],
    ids=str,
)
@pytest.mark.parametrize("of_target", [False, True])
def test_an_error_that_affects_more_than_the_table_is_not_its_own(error: Exception, of_target: bool) -> None:
    assert fault_of(error, "t", of_target) is None


def test_the_reason_holds_the_services_words_and_the_table() -> None:
    fault = fault_of(service("AccessDeniedException"), "t")
    assert fault is not None
    assert fault.reason == "table t: Scan on table t: AccessDeniedException: no"


def shown(kind: Optional[FaultKind]) -> str:
    return "" if kind is None else kind.name


@pytest.mark.parametrize("kind", FaultKind, ids=shown)
def test_every_kind_has_a_reason_and_an_advice(kind: FaultKind) -> None:
    assert kind.words.reason
    assert kind.words.reason[-1] != "."
    assert kind.words.advice.endswith(".")
