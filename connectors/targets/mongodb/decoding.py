"""BSON -> Python. What others have written must not stop the job: dates that Python does not know, texts that
are not UTF-8."""

from __future__ import annotations

from typing import Any, Dict

import bson
from bson.codec_options import CodecOptions, DatetimeConversion

OPTIONS: CodecOptions[Dict[str, Any]] = CodecOptions(
    datetime_conversion=DatetimeConversion.DATETIME_AUTO, unicode_decode_error_handler="backslashreplace"
)


def decode(document: bytes) -> Dict[str, Any]:
    found: Dict[str, Any] = bson.decode(document, OPTIONS)
    return found
