"""A board in memory."""

from __future__ import annotations

from typing import Dict, List, Sequence

from connectors.model.board import Board


class FakeBoard(Board):
    def __init__(self) -> None:
        self.rows: Dict[str, bytes] = {}
        self.faults: List[Exception] = []
        """The next calls raise these, one each."""
        self.published: List[str] = []

    def publish(self, place: str, document: bytes) -> None:
        self._enter()
        self.published.append(place)
        self.rows[place] = document

    def read(self, places: Sequence[str]) -> Dict[str, bytes]:
        self._enter()
        return {place: self.rows[place] for place in places if place in self.rows}

    def remove(self, places: Sequence[str]) -> None:
        self._enter()
        for place in places:
            self.rows.pop(place, None)

    def _enter(self) -> None:
        if self.faults:
            raise self.faults.pop(0)
