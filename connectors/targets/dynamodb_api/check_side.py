"""A side that speaks DynamoDB's protocol."""

from __future__ import annotations

from typing import Callable, Optional, Sequence

from connectors.dynamodb.caller import Caller
from connectors.dynamodb.get import PointReadResult, PointReads
from connectors.dynamodb.scan.pages import Pages, ScanPages
from connectors.dynamodb.scan.rates import UNLIMITED, ReadRates
from connectors.dynamodb.scan.request import ScanOptions, ScanRequest
from connectors.model.canonical import decoded, item_digest, value_digest
from connectors.model.keys import KeyReader, KeySchema, Schema, key_schema
from connectors.model.orders import SegmentOrder
from connectors.targets.check_contract import CheckSide, Form, PagesOf
from connectors.targets.dynamodb_api.missing import EmptyIfMissing

AsCompared = Callable[[bytes], bytes]
"""Converts an item (DynamoDB JSON) to the form in which it is compared with the other side."""


class ItemForm(Form):
    def __init__(self, keys: KeyReader, as_compared: Optional[AsCompared] = None) -> None:
        """Without `as_compared` items are compared as they are."""
        self._keys, self._as_compared = keys, as_compared

    def digest(self, item: bytes) -> bytes:
        return self._keys.digest(item)

    def key_json(self, item: bytes) -> bytes:
        return self._keys.key_json(item)

    def bound(self, item: bytes) -> bytes:
        return self._keys.key_json(item)

    def fingerprint(self, item: bytes) -> bytes:
        if self._as_compared is not None:
            return self.digest(item) + value_digest(self._as_compared(bytes(item)))
        # Decoded once for both.
        attributes = decoded(item)
        return self._keys.digest_of(attributes) + item_digest(attributes)


class EndpointCheckSide(CheckSide):
    def __init__(
        self,
        caller: Caller,
        consistent: bool = False,
        rates: ReadRates = UNLIMITED,
        as_compared: Optional[Callable[[KeySchema], AsCompared]] = None,
    ) -> None:
        """`consistent`: whether the endpoint allows consistent reads."""
        self._caller, self._consistent, self._rates = EmptyIfMissing(caller), consistent, rates
        self._as_compared = as_compared

    def form(self, table: str, schema: Schema) -> ItemForm:
        known = key_schema(schema)
        return ItemForm(KeyReader(table, known), self._as_compared(known) if self._as_compared else None)

    def pages(self, order: SegmentOrder, limit: int) -> Pages:
        return self._segments(order, limit)(order.segment)

    def draws(self, order: SegmentOrder) -> PagesOf:
        return self._segments(order, 0)

    def again(self, table: str, segment: int, total: int) -> Pages:
        request = ScanRequest(table, segment, total, ScanOptions())
        return ScanPages(self._caller, request, self._rates.of_table(table))

    def look(self, table: str, schema: Schema, keys: Sequence[bytes]) -> PointReadResult:
        known = key_schema(schema)
        reader = KeyReader(table, known)
        reads = PointReads(reader, self._caller, self._consistent, self._rates.of_table(table)).read(keys)
        if self._as_compared is None:
            return reads
        as_compared = self._as_compared(known)
        return PointReadResult(
            {digest: as_compared(item) for digest, item in reads.items.items()}, reads.units
        )

    def _segments(self, order: SegmentOrder, limit: int) -> PagesOf:
        limiter = self._rates.of_segment(order)

        def pages_of(segment: int) -> Pages:
            request = ScanRequest(order.table, segment, order.total, ScanOptions(limit))
            return ScanPages(self._caller, request, limiter)

        return pages_of
