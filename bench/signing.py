"""Signature version 4. Everything that is the same for all requests is cached."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Tuple

from bench.options import REGION
from connectors.base.secret import Secret

_SIGNED = b"content-type;host;x-amz-date;x-amz-target"


class Signer:
    """Signs POST / with a JSON body for one host and one X-Amz-Target."""

    def __init__(self, key_id: str, secret: Secret, host: str, target: str) -> None:
        self._key_id, self._secret, self._host, self._target = key_id, secret, host, target
        self._service = "dynamodb"
        self._second = 0

    def head(self, body: bytes) -> bytes:
        """The header fields X-Amz-Date and Authorization for this body, each line ended."""
        now = int(time.time())
        if now != self._second:
            self._renew(now)
        payload = hashlib.sha256(body).hexdigest().encode()
        request = hashlib.sha256(self._canonical + payload).hexdigest().encode()
        signature = hmac.digest(self._derived, self._to_sign + request, "sha256").hex()
        return self._fields + signature.encode() + b"\r\n"

    def _renew(self, now: int) -> None:
        self._second = now
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        day = stamp[:8]
        scope = f"{day}/{REGION}/{self._service}/aws4_request"
        self._derived = _derive(self._secret.reveal(), (day, REGION, self._service, "aws4_request"))
        names = (
            f"content-type:application/x-amz-json-1.0\nhost:{self._host}\n"
            f"x-amz-date:{stamp}\nx-amz-target:{self._target}\n"
        )
        self._canonical = b"POST\n/\n\n" + names.encode() + b"\n" + _SIGNED + b"\n"
        self._to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n".encode()
        self._fields = (
            f"X-Amz-Date: {stamp}\r\nAuthorization: AWS4-HMAC-SHA256 Credential={self._key_id}/{scope}, "
            f"SignedHeaders={_SIGNED.decode()}, Signature="
        ).encode()


def _derive(secret: str, parts: Tuple[str, ...]) -> bytes:
    key = b"AWS4" + secret.encode()
    for part in parts:
        key = hmac.digest(key, part.encode(), "sha256")
    return key
