"""A durable place in memory."""

from __future__ import annotations

from typing import Dict, Iterable, Iterator, List, Optional

from connectors.storage.contract import Log, Storage


class MemoryStorage(Storage):
    def __init__(self) -> None:
        self.place = "s3://bucket/fake"
        self.objects: Dict[str, bytes] = {}
        self.written: List[str] = []
        self.error: Optional[Exception] = None
        """Raised by each write while it is set."""

    def log(self, stem: str) -> Log:
        return MemoryLog(self, f"{stem}.jsonl")

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        if self.error:
            raise self.error
        self.objects[name] = b"".join(chunks)
        self.written.append(name)

    def lines(self, name: str) -> Iterator[bytes]:
        return iter(self.objects.get(name, b"").splitlines(keepends=True))

    def names(self, prefix: str = "") -> List[str]:
        return sorted(name for name in self.objects if name.startswith(prefix))

    def delete(self, name: str) -> None:
        self.objects.pop(name, None)


class MemoryLog(Log):
    def __init__(self, storage: MemoryStorage, name: str) -> None:
        self._storage, self._name = storage, name

    def append(self, lines: bytes) -> None:
        self._storage.write(self._name, [self._storage.objects.get(self._name, b""), lines])

    def close(self) -> None:
        pass
