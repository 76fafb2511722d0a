"""Verifies AWS Signature Version 4 in headers, as PolarDB does: any region, one account."""

from __future__ import annotations

import hmac
import re
from datetime import datetime, timezone
from hashlib import sha256
from typing import Callable, Dict, List, Mapping, NamedTuple, Tuple

from connectors.base.secret import Secret
from local.standin.faults import ApiError

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "dynamodb"
MOST_SKEW_SECONDS = 15 * 60
MOST_CACHED_KEYS = 64
"""A signing key is valid for a day. The limit protects the memory from a client that invents regions."""

SPACES = re.compile(r" +")
DATE = re.compile(r"\d{8}T\d{6}Z\Z", re.ASCII)


class Authorization(NamedTuple):
    access_key: str
    date: str
    region: str
    service: str
    signed_headers: List[str]
    signature: str


class Verifier:
    """Verifies signatures of one account. `verify` returns for a valid signature and raises ApiError
    otherwise."""

    def __init__(
        self,
        access_key: str,
        secret_key: Secret,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._access_key, self._secret_key, self._now = access_key, secret_key, now
        self._signing_keys: Dict[Tuple[str, str], bytes] = {}

    def verify(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """Raises ApiError for an invalid signature. `headers` ignores case. The query string must be
        empty."""
        claim = parse_authorization(headers.get("Authorization", ""))
        if not hmac.compare_digest(claim.access_key.encode(), self._access_key.encode()):
            raise ApiError(
                "UnrecognizedClientException", "The security token included in the request is invalid."
            )
        stamp = headers.get("X-Amz-Date", "")
        self._check_date(stamp, claim)
        _check_signed_headers(claim, headers)
        request = canonical_request(method, path, headers, claim.signed_headers, body)
        expected = self._sign(stamp, claim, request)
        if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
            raise _bad_signature(
                "The request signature we calculated does not match the signature you provided. "
                "Check your secret access key and signing method."
            )

    def _check_date(self, stamp: str, claim: Authorization) -> None:
        if not DATE.match(stamp):
            raise _incomplete("Authorization header requires existence of a valid 'X-Amz-Date' header.")
        if claim.date != stamp[:8] or claim.service != SERVICE:
            raise _bad_signature(
                "Credential should be scoped to the request's date and to service 'dynamodb'."
            )
        try:
            signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
        except ValueError:
            raise _incomplete("'X-Amz-Date' is not a date.") from None
        if abs((self._now() - signed_at).total_seconds()) > MOST_SKEW_SECONDS:
            raise _bad_signature(
                f"Signature expired: {stamp} is more than 15 minutes from the server's time."
            )

    def _sign(self, stamp: str, claim: Authorization, request: str) -> str:
        scope = f"{claim.date}/{claim.region}/{claim.service}/aws4_request"
        text = "\n".join((ALGORITHM, stamp, scope, sha256(request.encode()).hexdigest()))
        key = self._signing_key(claim.date, claim.region)
        return hmac.new(key, text.encode(), sha256).hexdigest()

    def _signing_key(self, date: str, region: str) -> bytes:
        key = self._signing_keys.get((date, region))
        if key is None:
            key = ("AWS4" + self._secret_key.reveal()).encode()
            for part in (date, region, SERVICE, "aws4_request"):
                key = hmac.new(key, part.encode(), sha256).digest()
            if len(self._signing_keys) >= MOST_CACHED_KEYS:
                self._signing_keys.clear()
            self._signing_keys[(date, region)] = key
        return key


def parse_authorization(header: str) -> Authorization:
    """Raises MissingAuthenticationToken or IncompleteSignature."""
    if not header:
        raise ApiError(
            "MissingAuthenticationTokenException",
            "Request must contain a valid (registered) AWS access key ID.",
        )
    algorithm, _, rest = header.partition(" ")
    if algorithm != ALGORITHM:
        raise _incomplete(f"The signing algorithm must be {ALGORITHM}.")
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    for name in ("Credential", "SignedHeaders", "Signature"):
        if not fields.get(name):
            raise _incomplete(f"Authorization header requires '{name}' parameter.")
    scope = fields["Credential"].rsplit("/", 4)
    if len(scope) != 5 or not all(scope) or scope[4] != "aws4_request":
        raise _incomplete("Credential must be ACCESS_KEY/DATE/REGION/dynamodb/aws4_request.")
    access_key, date, region, service, _ = scope
    signed = fields["SignedHeaders"].split(";")
    return Authorization(access_key, date, region, service, signed, fields["Signature"])


def canonical_request(
    method: str, path: str, headers: Mapping[str, str], signed: List[str], body: bytes
) -> str:
    lines = "".join(f"{name}:{SPACES.sub(' ', headers[name].strip())}\n" for name in signed)
    return "\n".join((method, path, "", lines, ";".join(signed), sha256(body).hexdigest()))


def _check_signed_headers(claim: Authorization, headers: Mapping[str, str]) -> None:
    missing = [name for name in claim.signed_headers if name not in headers]
    if missing:
        raise _bad_signature(f"Signed headers are not in the request: {', '.join(missing)}")
    unsigned = {"host", *(name.lower() for name in headers if name.lower().startswith("x-amz-"))}
    unsigned.difference_update(claim.signed_headers)
    if unsigned:
        raise _bad_signature(f"Headers must be signed: {', '.join(sorted(unsigned))}")


def _incomplete(message: str) -> ApiError:
    return ApiError("IncompleteSignatureException", message)


def _bad_signature(message: str) -> ApiError:
    return ApiError("InvalidSignatureException", message)
