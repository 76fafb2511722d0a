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

    def merge(self, later: Changed) -> None:
        for name, value in later.puts.items():
            self.put(name, value)
        for name in later.removes:
            self.remove(name)

    def __bool__(self) -> bool:
        return bool(self.puts or self.removes)
