"""Dead letters kept in a list."""

from __future__ import annotations

from typing import List, Optional, Sequence

from connectors.model.dead_letters import DeadLetter


class FakeDeadLetters:
    def __init__(self, fault: Optional[Exception] = None) -> None:
        """`fault`: raised instead of storing letters."""
        self.letters: List[DeadLetter] = []
        self._fault = fault

    def add(self, letters: Sequence[DeadLetter]) -> None:
        if letters and self._fault is not None:
            raise self._fault
        self.letters.extend(letters)

    def close(self) -> None:
        pass
