"""Implements `check.chunks.BulkState` in memory."""

from __future__ import annotations

from typing import Dict


class MemoryBulk:
    def __init__(self) -> None:
        self.entries: Dict[str, bytes] = {}

    def get(self, name: str) -> bytes:
        return self.entries.get(name, b"")

    def put(self, name: str, value: bytes) -> None:
        self.entries[name] = value

    def remove(self, name: str) -> None:
        self.entries.pop(name, None)
