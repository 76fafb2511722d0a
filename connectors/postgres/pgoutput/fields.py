"""The fields of messages. Each reader raises Broken where bytes are missing.

The hot path does not check each length: lengths are unsigned, so reading only moves forward, and
`expect_end` detects a row that extends beyond the end of the message.
"""

from __future__ import annotations

import struct
from typing import Any, List, Tuple

from connectors.postgres.pgoutput.errors import Broken
from connectors.postgres.pgoutput.messages import UNCHANGED, Binary, Row, Value

_size_of = struct.Struct(">I").unpack_from
_NULL, _UNCHANGED, _TEXT, _BINARY = b"nutb"


def fixed(layout: struct.Struct, message: bytes, at: int) -> Tuple[Any, ...]:
    try:
        return layout.unpack_from(message, at)
    except struct.error:
        raise Broken(min(at, len(message)), f"needs {layout.size} more bytes") from None


def string(message: bytes, at: int) -> Tuple[str, int]:
    """A zero-terminated string, and the offset of the next field."""
    end = message.find(0, at)
    if end < 0:
        raise Broken(min(at, len(message)), "a name has no terminating zero byte")
    try:
        return message[at:end].decode(), end + 1
    except UnicodeDecodeError:
        raise Broken(at, "a name is not UTF-8: the session's client_encoding must be UTF8") from None


def row(message: bytes, at: int, count: int) -> Tuple[Row, int]:
    """`count` column values, and the offset of the next field."""
    values: List[Value] = []
    append = values.append
    try:
        for _ in range(count):
            kind = message[at]
            if kind == _TEXT:
                start = at + 5
                at = start + _size_of(message, at + 1)[0]
                append(message[start:at])
            elif kind == _NULL:
                append(None)
                at += 1
            elif kind == _UNCHANGED:
                append(UNCHANGED)
                at += 1
            elif kind == _BINARY:
                start = at + 5
                at = start + _size_of(message, at + 1)[0]
                append(Binary(message[start:at]))
            else:
                raise Broken(at, f"column {len(values) + 1} has the unknown kind {kind:#04x}")
    except (IndexError, struct.error):
        raise Broken(min(at, len(message)), f"the row ends in column {len(values) + 1} of {count}") from None
    return values, at


def expect_end(message: bytes, at: int) -> None:
    if at > len(message):
        raise Broken(len(message), f"{at - len(message)} bytes are missing")
    if at < len(message):
        raise Broken(at, f"{len(message) - at} bytes are left over")
