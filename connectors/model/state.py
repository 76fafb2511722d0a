"""State as small named entries, and the changes of a step."""

from __future__ import annotations

from typing import Dict, Iterable, Set, Tuple

Entries = Iterable[Tuple[str, bytes]]


class Changed:
    """Entries to set and to remove. No name is in both: the last call takes precedence."""

    def __init__(self) -> None:
        self.puts: Dict[str, bytes] = {}
        self.removes: Set[str] = set()

    def put(self, name: str, value: bytes) -> None:
        self.removes.discard(name)
        self.puts[name] = value

    def remove(self, name: str) -> None:
        self.puts.pop(name, None)
        self.removes.add(name)
