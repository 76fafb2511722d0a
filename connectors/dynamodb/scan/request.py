"""Bodies of Scan requests and responses, as bytes: items are sliced, never decoded."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional

import msgspec

from connectors.dynamodb.answers import Answer, DamagedError, NestedError, decoded
from connectors.model import nesting


class ScanFilter(NamedTuple):
    """The user's filter, as in the Scan API. Filtered items consume read units too."""

    expression: str
    names: Dict[str, str]
    values: Dict[str, Any]
    """Placeholder to DynamoDB JSON value."""


class ScanOptions(NamedTuple):
    limit: int = 0
    """Items per page; 0: the service's limit, which is 1 MB."""
    consistent: bool = False
    filter: Optional[ScanFilter] = None


class _ScanCapacity(msgspec.Struct):
    CapacityUnits: float = 0.0


class ScanPage(Answer):
    """Items are views into the response body."""

    Items: List[msgspec.Raw]
    LastEvaluatedKey: msgspec.Raw = msgspec.Raw()
    """Empty at the end of the segment."""
    ScannedCount: int = 0
    ConsumedCapacity: Optional[_ScanCapacity] = None

    @property
    def units(self) -> float:
        return self.ConsumedCapacity.CapacityUnits if self.ConsumedCapacity else 0.0


_decode = msgspec.json.Decoder(ScanPage).decode


def read_page(body: bytes, table: str) -> ScanPage:
    """Raises DamagedError for what is not a page; `table` only names it there."""
    try:
        page = decoded(_decode, body, "Scan", table)
    except NestedError:
        folded = nesting.fold(body)
        page = decoded(_decode, folded.body, "Scan", table)
        page.Items = [msgspec.Raw(folded.unfold(bytes(item))) for item in page.Items]
    _check_end(page, table)
    return page


def _check_end(page: ScanPage, table: str) -> None:
    """Null is as good as absent: servers differ. Anything else than a key is not an end."""
    following = bytes(page.LastEvaluatedKey)
    if following == b"null":
        page.LastEvaluatedKey = msgspec.Raw()
    elif following and (following[:1] != b"{" or not following[1:-1].strip()):
        raise DamagedError(f"table {table}: LastEvaluatedKey in an answer of Scan is not a key")


class ScanRequest:
    """The Scan of one segment; only the start key changes from page to page."""

    def __init__(self, table: str, segment: int, total: int, options: ScanOptions) -> None:
        self.table = table
        body: Dict[str, Any] = {"TableName": table, "ReturnConsumedCapacity": "TOTAL"}
        if total > 1:
            body.update(Segment=segment, TotalSegments=total)
        if options.limit:
            body["Limit"] = options.limit
        if options.consistent:
            body["ConsistentRead"] = True
        if options.filter:
            body["FilterExpression"] = options.filter.expression
            body["ExpressionAttributeNames"] = options.filter.names or None
            body["ExpressionAttributeValues"] = options.filter.values or None
        self._body = {name: value for name, value in body.items() if value is not None}

    def after(self, key: bytes, limit: int = 0) -> bytes:
        """The request for the page after `key` (a LastEvaluatedKey as received; empty: the first page).
        `limit` overrides the options' limit for this page."""
        body = {**self._body, "Limit": limit} if limit else dict(self._body)
        if key:
            body["ExclusiveStartKey"] = msgspec.Raw(key)
        return msgspec.json.encode(body)
