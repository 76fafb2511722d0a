"""Keeps the last change of each key: a batch to the target never contains a key twice."""

from __future__ import annotations

from typing import Dict, Iterable, List, Tuple

from connectors.model.lane_batch import Entry
from connectors.model.writes import Write


class Fold:
    """Collects the changes of one lane record, over all its tables and parts, in order."""

    def __init__(self) -> None:
        self._last: Dict[Tuple[str, bytes], Write] = {}

    def add(self, table: str, provenance: str, entries: Iterable[Entry], change: bool = False) -> None:
        last = self._last
        for digest, body, delete in entries:
            last[(table, digest)] = Write(table, body, delete, provenance, change)

    def writes(self) -> List[Write]:
        return list(self._last.values())
