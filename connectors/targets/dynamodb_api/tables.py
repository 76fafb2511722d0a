"""The tables of an endpoint of DynamoDB's protocol, as the forward job creates, sweeps and writes them."""

from __future__ import annotations

from typing import List, Optional

from connectors.config.choices import CopyMode
from connectors.config.settings import Settings
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.client import Client
from connectors.dynamodb.limits import LimitOf
from connectors.dynamodb.scan.copying import CopySplit
from connectors.dynamodb.scan.pages import ScanPages
from connectors.dynamodb.scan.request import ScanOptions, ScanRequest
from connectors.dynamodb.scan.sweep import Sweep
from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.description import TableDescription
from connectors.dynamodb.tables.ensure import ensure_target, target_id
from connectors.dynamodb.tables.from_settings import table_options
from connectors.dynamodb.write.in_flight import SocketInFlight
from connectors.dynamodb.write.pipeline import BatchPipeline
from connectors.model.dead_letters import DeadLetters
from connectors.model.keys import KeyReader, key_schema
from connectors.model.orders import SegmentOrder
from connectors.model.origin import Marker
from connectors.targets.contract import TargetTables
from connectors.targets.dynamodb_api import origin_table
from connectors.targets.dynamodb_api.board import TableBoard


class EndpointTables(TargetTables):
    def __init__(self, settings: Settings, source: Caller, client: Client) -> None:
        self._settings, self._source, self._client = settings, source, client

    def ensure(self, source: TableDescription, rescan: bool, first_attempt: bool) -> List[str]:
        if self._needs_own_table:
            origin_table.ensure(self._client)
        copies = self._settings.tables.copy_ttl
        ttl = api.describe_ttl(self._source, source.TableName) if copies else None
        return ensure_target(source, ttl, self._client, table_options(self._settings, rescan), first_attempt)

    def table_id(self, table: str) -> Optional[str]:
        return target_id(table, self._client)

    @property
    def _needs_own_table(self) -> bool:
        """For origin marks, or for the board."""
        mode = self._settings.mode
        marks = self._settings.write.mark_origin != "none" and mode is not CopyMode.SCHEMA
        return marks or (mode.scans and mode.follows)

    def sweep_bytes(self, source: TableDescription) -> int:
        """The source's size, which is good enough: the size only divides the work, and sweeps are rare."""
        return source.TableSizeBytes

    def sweep(self, order: SegmentOrder, saved: Optional[bytes]) -> CopySplit:
        request = ScanRequest(order.table, order.segment, order.total, ScanOptions())
        sweep = Sweep(KeyReader(order.table, key_schema(order.schema)), self._source)
        return CopySplit(order.split_id, ScanPages(self._client, request), saved, sweep.missing, deletes=True)

    def pipeline(self, writer: int, limit_of: LimitOf, letters: DeadLetters) -> BatchPipeline:
        write = self._settings.write
        marks = write.mark_origin != "none"
        return BatchPipeline(
            SocketInFlight(self._client),
            letters,
            self._client.policy,
            write.in_flight,
            limit_of,
            Marker(writer, copies=write.mark_origin == "all") if marks else None,
        )

    def board(self) -> TableBoard:
        return TableBoard(self._client)
