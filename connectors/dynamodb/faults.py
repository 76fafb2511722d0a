"""Error answers of the service: the error type, the decoding, and the advice for the user."""

from __future__ import annotations

import re
from typing import Any, Dict, NamedTuple
from urllib.parse import urlsplit

import msgspec

from connectors.base.errors import PolarshakeError
from connectors.base.text import followed_by


class ServiceError(PolarshakeError):
    """An error answer. `retry.classify` decides whether it is transient."""

    def __init__(
        self, code: str, message: str, status: int = 400, operation: str = "", table: str = ""
    ) -> None:
        """`code` is the plain exception name, or "HTTP <status>" if the answer has none."""
        self.code, self.message, self.status = code, message, status
        self.operation, self.table = operation, table
        what = operation or "request"
        where = f" on table {table}" if table else ""
        super().__init__(f"{what}{where}: {code}: {message}")

    def __reduce__(self) -> Any:
        return type(self), (self.code, self.message, self.status, self.operation, self.table)


class SettingNames(NamedTuple):
    """Names of this side's settings, for error messages."""

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
"""Codes of requests whose time differs from the service's by more than signatures allow."""
SKEW = 240.0
"""Difference of the clocks, in seconds, from which messages mention it. From 300 s on, signatures are
refused."""
DENIED = frozenset({"AccessDeniedException", "AccessDenied", "NotAuthorized", "OptInRequired"})
NO_TABLE = frozenset({"ResourceNotFoundException", "TableNotFoundException", "TableNotFound"})
"""Codes for a missing table. PolarDB's guide uses more than one."""


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
    """Decode an error answer.

    `type_header`: x-amzn-ErrorType, used if the body has no `__type`. `location`: the target of a redirect.
    `ahead`: seconds by which this machine's clock is ahead of the answer's Date.
    """
    fields = _fields_of(body)
    code = _code_of(fields, type_header) or f"HTTP {status}"
    message = _message_of(fields, body)
    if 300 <= status < 400:
        message = followed_by(message, _redirect(location, names))
    elif code in WRONG_KEYS | SKEWED and abs(ahead) > SKEW:
        message = followed_by(message, _clocks(ahead))
    return ServiceError(code, followed_by(message, advice(code, operation, names)), status, operation, table)


def _fields_of(body: bytes) -> Dict[str, Any]:
    try:
        fields = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


_CODE = re.compile(r"[A-Za-z0-9_.]{1,100}").fullmatch


def _code_of(fields: Dict[str, Any], type_header: str) -> str:
    """The plain exception name; empty if there is none."""
    for candidate in (fields.get("__type"), fields.get("code"), type_header):
        if isinstance(candidate, str):
            code = candidate.rsplit("#", 1)[-1].split(":", 1)[0]
            if _CODE(code):
                return code
    return ""


def _message_of(fields: Dict[str, Any], body: bytes) -> str:
    message = fields.get("message") or fields.get("Message")
    if not isinstance(message, str):
        return shown(body[:200].decode("utf-8", "replace"))
    # After the first line AWS quotes the canonical request, which contains the session token.
    return shown(message.strip().split("\n", 1)[0])


def shown(text: str, most: int = 1000) -> str:
    """A server's text, made safe for terminals and logs: short, and without control characters."""
    text = "".join(character if character.isprintable() else " " for character in text[:most])
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
    """What the user can change; empty if nothing."""
    if code == "HTTP 407":
        return "The proxy of HTTP_PROXY sent it: put its user and password into the variable's URL."
    if code in EXPIRED_KEYS:
        return f"Give fresh credentials ({names.access_key}, {names.secret_key}, or the default chain)."
    if code in SKEWED:
        return "Correct this machine's clock; requests are refused if it is wrong by some minutes."
    if code in WRONG_KEYS:
        return (
            f"Check {names.access_key} and {names.secret_key}, {names.region} and {names.endpoint}, "
            f"and that this machine's clock is right."
        )
    if code in DENIED:
        return f"Allow the IAM action dynamodb:{operation} on it to the credentials of {names.access_key}."
    if code in NO_TABLE:
        return f"The table does not exist at {names.endpoint} in {names.region}."
    return ""
