"""What PolarDB's DynamoDB endpoint refuses. It stores an item as a jsonb document of PostgreSQL."""

from __future__ import annotations

from typing import Any, Optional

import msgspec

from connectors.dynamodb.tables.description import TableDescription
from connectors.targets.limits import TAKEN, ItemJudgement, ItemLimits, TargetLimits

NUL = ItemJudgement(
    "a text or the name of an attribute contains the NUL character, which PolarDB's jsonb cannot hold. "
    "Remove it at the source, or set deadLetter.path to store such items aside"
)
INDEX_ENTRY_BYTES = 2704
"""The largest entry of a B-tree index in PostgreSQL: a third of a page. How PolarDB indexes the key is not
documented, so that a longer key is only remarked on."""
LONG_KEY = ItemJudgement(
    "",
    f"the key is longer than {INDEX_ENTRY_BYTES:,} bytes, the limit of an index entry of PostgreSQL. Copy "
    "such an item to PolarDB first: whether it is refused is not documented",
)


class EndpointItemLimits(ItemLimits):
    def __init__(self, source: TableDescription) -> None:
        self._key = [attribute.name for attribute in source.key_schema.attributes]

    def judge(self, body: bytes) -> ItemJudgement:
        # Most items have no escape, and are not decoded for this.
        if b"\\u0000" in body and _holds_nul(msgspec.json.decode(body)):
            return NUL
        if len(body) > INDEX_ENTRY_BYTES and self._key_bytes(body) > INDEX_ENTRY_BYTES:
            return LONG_KEY
        return TAKEN

    def _key_bytes(self, body: bytes) -> int:
        item = msgspec.json.decode(body)
        values = (value for name in self._key for value in item.get(name, {}).values())
        return sum(len(str(value).encode("utf-8", "replace")) for value in values)


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any("\x00" in name or _holds_nul(inner) for name, inner in value.items())
    return isinstance(value, list) and any(map(_holds_nul, value))


class EndpointLimits(TargetLimits):
    def table_problem(self, source: TableDescription) -> Optional[str]:
        return None

    def items(self, source: TableDescription) -> EndpointItemLimits:
        return EndpointItemLimits(source)
