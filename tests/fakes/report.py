"""Implements `report.files.ReportSink` in memory."""

from __future__ import annotations

from typing import Iterable, List, Optional

from connectors.check.report.difference import Difference
from connectors.check.report.summary import Summary


class MemoryReport:
    def __init__(self) -> None:
        self.differences: List[Difference] = []
        self.summary: Optional[Summary] = None
        self.chain: Optional[bytes] = None

    def add(self, differences: Iterable[Difference]) -> None:
        self.differences += differences

    def rewrite(self, differences: Iterable[Difference]) -> None:
        self.differences, self.chain = list(differences), None

    def publish(self, summary: Summary) -> None:
        self.summary = summary

    def put_chain(self, chain: bytes) -> None:
        self.chain = chain

    def close(self) -> None:
        pass
