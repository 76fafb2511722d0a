"""What the service answers when it refuses: one error type, its decoding, and what to do about it."""

from __future__ import annotations

from typing import Any, Dict, NamedTuple

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
EXPIRED_KEYS = frozenset({"ExpiredTokenException", "ExpiredToken", "RequestExpired"})
DENIED = frozenset({"AccessDeniedException", "AccessDenied", "NotAuthorized", "OptInRequired"})
NO_TABLE = frozenset({"ResourceNotFoundException", "TableNotFoundException", "TableNotFound"})
"""The PolarDB guide names a missing table both ways."""


def fault_of(
    status: int, body: bytes, type_header: str, operation: str, table: str, names: SettingNames
) -> ServiceError:
    """Decode an error answer; `type_header` is x-amzn-ErrorType, for bodies without `__type`."""
    fields = _fields_of(body)
    code = str(fields.get("__type") or fields.get("code") or type_header or f"HTTP {status}")
    code = code.rsplit("#", 1)[-1].split(":", 1)[0]
    message = str(fields.get("message") or fields.get("Message") or body[:200].decode("utf-8", "replace"))
    if code in WRONG_KEYS:
        # AWS quotes the canonical request behind the first line, and that holds the session token.
        message = message.split("\n", 1)[0]
    return ServiceError(code, f"{message} {advice(code, operation, names)}".strip(), status, operation, table)


def _fields_of(body: bytes) -> Dict[str, Any]:
    try:
        fields = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return fields if isinstance(fields, dict) else {}


def advice(code: str, operation: str, names: SettingNames) -> str:
    """What the user can change, or nothing."""
    if code in EXPIRED_KEYS:
        return f"Give fresh credentials ({names.access_key}, {names.secret_key}, or the default chain)."
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
