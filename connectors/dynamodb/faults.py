"""What the service answers when it refuses: one error type, its decoding, and what to do about it."""

from __future__ import annotations

import re
from typing import Any, Dict, NamedTuple
from urllib.parse import urlsplit

import msgspec

from connectors.base.errors import PolarshakeError


class ServiceError(PolarshakeError):
    """An error answer. Neither transient nor terminal by itself: `retry.classify` tells."""

    def __init__(
        self, code: str, message: str, status: int = 400, operation: str = "", table: str = ""
    ) -> None:
        """`code` is the bare exception name, "HTTP <status>" where the answer names none."""
        self.code, self.message, self.status = code, message, status
        self.operation, self.table = operation, table
        what = operation or "request"
        where = f" on table {table}" if table else ""
        super().__init__(f"{what}{where}: {code}: {message}")

    def __reduce__(self) -> Any:
        return type(self), (self.code, self.message, self.status, self.operation, self.table)


class SettingNames(NamedTuple):
    """How the user calls this side's settings: error texts point to them."""

    endpoint: str = "dynamodb.endpoint"
    region: str = "dynamodb.region"
    access_key: str = "--dynamodbak"
    secret_key: str = "--dynamodbsk"


SOURCE = SettingNames("dynamodb.endpoint", "dynamodb.region", "--dynamodbak", "--dynamodbsk")
STREAMS = SOURCE._replace(endpoint="dynamodb.streamsEndpoint")
TARGET = SettingNames("polardb.endpoint", "polardb.region", "--polardbak", "--polardbsk")

WRONG_KEYS = frozenset(
    {
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "IncompleteSignatureException",
        "MissingAuthenticationTokenException",
        "MissingAuthenticationToken",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "AuthFailure",
    }
)
EXPIRED_KEYS = frozenset({"ExpiredTokenException", "ExpiredToken"})
SKEWED = frozenset({"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"})
"""This machine's clock, or the service's, is wrong by more than the minutes that signatures allow."""
SKEW = 240.0
"""Seconds between the clocks from which on the clock is named: signatures are refused from 300 on."""
DENIED = frozenset({"AccessDeniedException", "AccessDenied", "NotAuthorized", "OptInRequired"})
NO_TABLE = frozenset({"ResourceNotFoundException", "TableNotFoundException", "TableNotFound"})
"""The PolarDB guide names a missing table both ways."""


def fault_of(
    status: int,
    body: bytes,
    type_header: str,
    operation: str,
    table: str,
    names: SettingNames,
    location: str = "",
    ahead: float = 0.0,
) -> ServiceError:
    """Decode an error answer; `type_header` is x-amzn-ErrorType, for bodies without `__type`.

    `location` is where a redirect leads; `ahead` is how far, in seconds, this machine's clock is ahead of the
    answer's Date.
    """
    fields = _fields_of(body)
    code = _code_of(fields, type_header) or f"HTTP {status}"
    message = _message_of(fields, body)
    if 300 <= status < 400:
        message = f"{message} {_redirect(location, names)}".strip()
    elif code in WRONG_KEYS | SKEWED and abs(ahead) > SKEW:
        message = f"{message} {_clocks(ahead)}".strip()
    return ServiceError(code, f"{message} {advice(code, operation, names)}".strip(), status, operation, table)


def _fields_of(body: bytes) -> Dict[str, Any]:
    try:
        fields = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


_CODE = re.compile(r"[A-Za-z0-9_.]{1,100}").fullmatch


def _code_of(fields: Dict[str, Any], type_header: str) -> str:
    """The bare exception name, or nothing."""
    for told in (fields.get("__type"), fields.get("code"), type_header):
        if isinstance(told, str):
            code = told.rsplit("#", 1)[-1].split(":", 1)[0]
            if _CODE(code):
                return code
    return ""


def _message_of(fields: Dict[str, Any], body: bytes) -> str:
    told = fields.get("message") or fields.get("Message")
    if not isinstance(told, str):
        return shown(body[:200].decode("utf-8", "replace"))
    # AWS quotes the canonical request behind the first line, and that holds the session token.
    return shown(told.strip().split("\n", 1)[0])


def shown(text: str, most: int = 1000) -> str:
    """A server's words, fit for a terminal and a log: short, and without control characters."""
    text = "".join(one if one.isprintable() else " " for one in text[:most])
    return " ".join(text.split())


def _redirect(location: str, names: SettingNames) -> str:
    try:
        parts = urlsplit(location)
        where = f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}"
    except ValueError:
        where = ""
    if not where.startswith("http") or not parts.hostname:
        return f"It is a redirect, which is not followed. Check {names.endpoint}."
    return f"It is a redirect to {shown(where, 200)}, which is not followed. Check {names.endpoint}."


def _clocks(ahead: float) -> str:
    direction = "ahead of" if ahead > 0 else "behind"
    return f"This machine's clock is {abs(ahead) / 60:.0f} minutes {direction} the service's."


def advice(code: str, operation: str, names: SettingNames) -> str:
    """What the user can change, or nothing."""
    if code == "HTTP 407":
        return "It comes from the proxy of HTTP_PROXY: put its user and password into the variable's URL."
    if code in EXPIRED_KEYS:
        return f"Give fresh credentials ({names.access_key}, {names.secret_key}, or the default chain)."
    if code in SKEWED:
        return "Set this machine's clock right; requests are refused when it is wrong by some minutes."
    if code in WRONG_KEYS:
        return (
            f"Check {names.access_key} and {names.secret_key}, {names.region} and {names.endpoint}, "
            f"and that this machine's clock is right."
        )
    if code in DENIED:
        return f"Allow the IAM action dynamodb:{operation} on it to the credentials of {names.access_key}."
    if code in NO_TABLE:
        return f"The table does not exist behind {names.endpoint} in {names.region}."
    return ""
