"""BSON -> Python. Documents of other programs must not stop the job: they may contain dates outside Python's
range, or strings that are not UTF-8."""

from __future__ import annotations

from typing import Any, Dict

import bson
from bson.codec_options import CodecOptions, DatetimeConversion

OPTIONS: CodecOptions[Dict[str, Any]] = CodecOptions(
    datetime_conversion=DatetimeConversion.DATETIME_AUTO, unicode_decode_error_handler="backslashreplace"
)


def decode(document: bytes) -> Dict[str, Any]:
    decoded: Dict[str, Any] = bson.decode(document, OPTIONS)
    return decoded
