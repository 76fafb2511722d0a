"""The canonical spelling of numbers and binaries in DynamoDB JSON. Pure."""

from __future__ import annotations

import re
from binascii import a2b_base64, b2a_base64
from decimal import Decimal
from typing import Optional

_REGULAR = re.compile(r"-?(?:[1-9][0-9]*(?:\.[0-9]*[1-9])?|0\.[0-9]*[1-9])|0").fullmatch
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE]([+-]?[0-9]{1,20}))?").fullmatch
FARTHEST = 1000
"""Larger than any exponent of DynamoDB (-130 to 125): a short text must not fill the memory with zeros."""


def number(text: str) -> str:
    """Plain decimal notation without needless signs and zeros: "-1.5", "100", "0". Exact to any length.

    1, 1.0, 01 and 1E0 have one spelling, and so have 0 and -0. A text that is not a DynamoDB number is
    returned unchanged.
    """
    if text.isdigit() and text[0] != "0":
        return text
    if text.replace(".", "", 1).isdigit() and text[0] not in "0." and text[-1] not in "0.":
        return text  # same result as _REGULAR, in a third of its time
    return text if _REGULAR(text) else _respelled(text)


def _respelled(text: str) -> str:
    match = _NUMBER(text)
    if match is None or abs(int(match.group(1) or 0)) > FARTHEST:
        return text
    plain = format(Decimal(text), "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain == "-0" else plain


def binary(text: str) -> str:
    """The base64 of the same bytes with its padding and without white space.

    A text that is not base64 (other characters, padding in the middle, impossible length) is returned
    unchanged.
    """
    ends = _ENDS.get(text.encode().translate(None, _BASE64))
    if ends is not None and len(text) % 4 == 0 and text.endswith(ends):
        return text  # the usual case, detected in half the time of decoding
    content = _decoded(text)
    if content is None:
        bare = "".join(text.split()).rstrip("=")
        content = _decoded(bare + "=" * (-len(bare) % 4))
    return text if content is None else b2a_base64(content, newline=False).decode()


_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_ENDS = {
    b"": ("",),
    # The unused bits are 0.
    b"=": tuple(f"{chr(letter)}=" for letter in _BASE64[::4]),
    b"==": tuple(f"{chr(letter)}==" for letter in _BASE64[::16]),
}


def _decoded(text: str) -> Optional[bytes]:
    """a2b_base64 skips characters that are not base64; comparing the lengths detects this."""
    try:
        content = a2b_base64(text)
    except ValueError:
        return None
    return content if len(text) * 3 == (len(content) + text.count("=", -2)) * 4 else None
