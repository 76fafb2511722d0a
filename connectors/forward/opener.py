"""Opens the splits of the forward job's orders."""

from __future__ import annotations

from typing import Optional

from connectors.config.settings import Settings
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.limits import LiveRates
from connectors.dynamodb.scan.copying import CopySplit
from connectors.dynamodb.scan.pages import ScanPages
from connectors.dynamodb.scan.rates import live_segment_limit
from connectors.dynamodb.scan.request import ScanFilter, ScanOptions, ScanRequest
from connectors.dynamodb.streams.calls import StreamCalls
from connectors.dynamodb.streams.cursor import StreamRef
from connectors.dynamodb.streams.shard import ShardSplit
from connectors.dynamodb.streams.shard_set import Ready
from connectors.engine.worker.slot import Opener
from connectors.model.keys import KeyReader, key_schema
from connectors.model.orders import SegmentOrder, StreamOrder
from connectors.model.pages import ReadSplit
from connectors.targets.contract import TargetTables


class ForwardOpener(Opener):
    def __init__(
        self,
        settings: Settings,
        source: Caller,
        streams: StreamCalls,
        target: TargetTables,
        scan_rates: Optional[LiveRates] = None,
    ) -> None:
        """`scan_rates`: None: those of the settings."""
        self._settings, self._rates = settings, scan_rates or LiveRates(settings.scan.read_limit.rate)
        self._source, self._streams, self._target = source, streams, target

    def segment(self, order: SegmentOrder, saved: Optional[bytes]) -> ReadSplit:
        return self._target.sweep(order, saved) if order.of_target else self._copy(order, saved)

    def shard(self, order: StreamOrder, ready: Ready, saved: Optional[bytes]) -> ShardSplit:
        return ShardSplit(
            self._streams,
            StreamRef(order.arn, order.table, order.generation),
            ready,
            KeyReader(order.table, key_schema(order.schema)).digest,
            saved,
            order.skip_before,
            self._settings.streams.poll_milliseconds / 1000,
            registered=order.since,
        )

    def _copy(self, order: SegmentOrder, saved: Optional[bytes]) -> CopySplit:
        request = ScanRequest(order.table, order.segment, order.total, scan_options(self._settings))
        pages = ScanPages(self._source, request, live_segment_limit(self._rates, self._settings, order))
        return CopySplit(order.split_id, pages, saved)


def scan_options(settings: Settings) -> ScanOptions:
    scan = settings.scan
    filter_ = None
    if scan.filter_expression:
        filter_ = ScanFilter(scan.filter_expression, dict(scan.names), dict(scan.values))
    return ScanOptions(scan.limit, scan.consistent_read, filter_)
