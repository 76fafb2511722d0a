"""How a reader tells the enumerator of a gap: Flink has no edge back, so by a note in a shared folder.

Only `streams.gap: rescan` needs it. A note is written durably, and names the generation it belongs to and
when that one's stream was registered; any other note is stale, or an earlier job's. Where workers share no
folder the enumerator never sees it, and the reader fails the job with the same words after a while: a gap
is never silent.
"""

from __future__ import annotations

from pathlib import Path
from typing import List, Protocol
from zlib import crc32

import msgspec

from connectors.base import durable
from connectors.base.errors import TerminalError
from connectors.engine.enumerator.observations import Trimmed

_decode = msgspec.json.Decoder(Trimmed).decode


class Gaps(Protocol):
    def write(self, gap: Trimmed) -> None: ...

    def read(self) -> List[Trimmed]: ...


class GapNotes(Gaps):
    """Notes lie in `<folder>/gaps`, one file per table, generation and registration."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder) / "gaps"

    def write(self, gap: Trimmed) -> None:
        """Raises TerminalError when the folder cannot be written."""
        name = f"{crc32(gap.table.encode()):08x}-{gap.generation}-{gap.since:.0f}.json"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            durable.replace(self._folder / name, [msgspec.json.encode(gap)])
        except OSError as error:
            raise TerminalError(f"{self._folder}: a gap cannot be noted: {error.strerror}") from error

    def read(self) -> List[Trimmed]:
        notes = sorted(self._folder.glob("*.json")) if self._folder.is_dir() else []
        return [_decode(note.read_bytes()) for note in notes]


class NoGapNotes(Gaps):
    """For `streams.gap: fail`."""

    def write(self, gap: Trimmed) -> None:
        pass

    def read(self) -> List[Trimmed]:
        return []
