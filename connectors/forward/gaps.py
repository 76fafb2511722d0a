"""A reader reports a gap to the enumerator by a note in a shared folder, because Flink has no edge back to
it.

1. Only `streams.gap: rescan` uses notes.
2. A note is durable. It names its generation and the time at which that generation's stream was registered.
3. A note with another generation or time is stale or belongs to an earlier job.
4. If the workers share no folder, the enumerator never sees the note. The reader then fails the job with the
   same message after a while. A gap is always reported.
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
    """Notes are stored in `<folder>/gaps`, one file per table, generation and registration."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder) / "gaps"

    def write(self, gap: Trimmed) -> None:
        """Write a note. Raises TerminalError if the folder cannot be written."""
        name = f"{crc32(gap.table.encode()):08x}-{gap.generation}-{gap.since:.0f}.json"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            durable.replace(self._folder / name, [msgspec.json.encode(gap)])
        except OSError as error:
            raise TerminalError(
                f"{self._folder}: the note of a gap cannot be written: {error.strerror}"
            ) from error

    def read(self) -> List[Trimmed]:
        notes = sorted(self._folder.glob("*.json")) if self._folder.is_dir() else []
        return [_decode(note.read_bytes()) for note in notes]


class NoGapNotes(Gaps):
    """Used with `streams.gap: fail`."""

    def write(self, gap: Trimmed) -> None:
        pass

    def read(self) -> List[Trimmed]:
        return []
