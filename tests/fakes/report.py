"""Implements `report.files.ReportSink` in memory."""

from __future__ import annotations

from typing import Iterable, List, Optional

from connectors.check.report.difference import Difference
from connectors.check.report.summary import Summary


class MemoryReport:
    def __init__(self) -> None:
        self.differences: List[Difference] = []
        self.summary: Optional[Summary] = None

    def add(self, differences: Iterable[Difference]) -> None:
        self.differences += differences

    def rewrite(self, differences: Iterable[Difference]) -> None:
        self.differences = list(differences)

    def publish(self, summary: Summary) -> None:
        self.summary = summary

    def close(self) -> None:
        pass
