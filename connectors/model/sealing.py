"""JSON with a digest of itself, so that a file that was damaged or edited is noticed. Pure."""

from __future__ import annotations

import hashlib
from typing import Optional

import msgspec


class _Sealed(msgspec.Struct):
    digest: str
    body: msgspec.Raw


_decode = msgspec.json.Decoder(_Sealed).decode


def seal(body: bytes) -> bytes:
    """`body`: JSON."""
    return msgspec.json.encode(_Sealed(_digest(body), msgspec.Raw(body)))


def unseal(contents: bytes) -> Optional[bytes]:
    """The body; None if the contents are not as `seal` made them."""
    try:
        sealed = _decode(contents)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    body = bytes(sealed.body)
    return body if sealed.digest == _digest(body) else None


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
