"""The key of an item, extracted from its document. Pure."""

from __future__ import annotations

import base64
from typing import Any, Dict, Optional

import msgspec
from bson.decimal128 import Decimal128

from connectors.model.keys import KeySchema, canonical
from connectors.targets.mongodb.convert import Shape, field_of

Key = Dict[str, Dict[str, str]]
"""DynamoDB JSON, decoded."""


def key_json(document: Dict[str, Any], schema: KeySchema, shape: Shape) -> Optional[bytes]:
    """A document's key as DynamoDB JSON; None if the job cannot have written the document."""
    key = key_of(document, schema, shape)
    return None if key is None else msgspec.json.encode(key)


def key_of(document: Dict[str, Any], schema: KeySchema, shape: Shape) -> Optional[Key]:
    key: Key = {}
    for attribute in schema.attributes:
        value = document.get(field_of(attribute.name, shape))
        if shape.raw:
            value = value.get(attribute.type) if isinstance(value, dict) else None
        text = _text(attribute.type, value)
        if text is None:
            return None
        key[attribute.name] = {attribute.type: text}
    return key


def _text(type_: str, value: Any) -> Optional[str]:
    if type_ == "B":
        return base64.b64encode(value).decode() if isinstance(value, bytes) else None
    if type_ == "S":
        return value if isinstance(value, str) else None
    if isinstance(value, Decimal128):
        return canonical("N", str(value)).decode()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(int(value))
    return value if isinstance(value, str) else None
