"""Tables behind an endpoint of DynamoDB's protocol, as the forward job makes, sweeps and writes them."""

from __future__ import annotations

from typing import List, Optional

from connectors.config.choices import CopyMode
from connectors.config.settings import Settings
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.client import Client
from connectors.dynamodb.scan.pages import ScanPages
from connectors.dynamodb.scan.request import ScanOptions, ScanRequest
from connectors.dynamodb.scan.segment import SegmentSplit
from connectors.dynamodb.scan.sweep import Sweep
from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.description import TableDescription
from connectors.dynamodb.tables.ensure import TableOptions, ensure_target
from connectors.dynamodb.tables.from_settings import table_options
from connectors.dynamodb.write.from_settings import lane_writer
from connectors.dynamodb.write.writer import BatchWriter
from connectors.model.dead_letters import DeadLetters
from connectors.model.keys import KeyReader, key_schema
from connectors.model.orders import SegmentOrder
from connectors.model.origin import Marker
from connectors.model.splits import Split
from connectors.targets.contract import TargetTables
from connectors.targets.dynamodb_api import origin_table

_ORIGIN_OPTIONS = TableOptions(indexes=False, ttl=False, billing=False)


class EndpointTables(TargetTables):
    def __init__(self, settings: Settings, source: Caller, client: Client) -> None:
        self._settings, self._source, self._client = settings, source, client

    def ensure(self, source: TableDescription, rescan: bool, first_attempt: bool) -> List[str]:
        if self._settings.write.mark_origin != "none" and self._settings.mode is not CopyMode.SCHEMA:
            ensure_target(origin_table.description(), None, self._client, _ORIGIN_OPTIONS)
        copies = self._settings.tables.copy_ttl
        ttl = api.describe_ttl(self._source, source.TableName) if copies else None
        return ensure_target(source, ttl, self._client, table_options(self._settings, rescan), first_attempt)

    def sweep_bytes(self, source: TableDescription) -> int:
        """Sweeping is rare and its size only divides the work: the source's is near enough."""
        return source.TableSizeBytes

    def sweep(self, order: SegmentOrder, saved: Optional[bytes]) -> Split:
        request = ScanRequest(order.table, order.segment, order.total, ScanOptions())
        keys = KeyReader(order.table, key_schema(order.schema))
        sweep = Sweep(order.table, order.generation, keys, self._source)
        pages = ScanPages(self._client, request)
        return SegmentSplit(order.split_id, pages, sweep, self._settings.lanes, saved)

    def writer(self, lane: int, letters: DeadLetters) -> BatchWriter:
        mark = self._settings.write.mark_origin
        marker = Marker(lane, copies=mark == "all") if mark != "none" else None
        return lane_writer(self._settings, self._client, letters, marker)
