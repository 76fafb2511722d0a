"""What one worker slot reports. A later document replaces it; a lost or repeated one changes nothing."""

from __future__ import annotations

from typing import Dict, List, Protocol, Sequence, Tuple

import msgspec

from connectors.model.steps import GapFact, TableFact


class Document(msgspec.Struct, array_like=True):
    run: str
    """The enumerator's run that it is addressed to. In any other run it counts for nothing."""
    slot: int
    tables: Dict[str, TableFact] = {}
    """Tables that are still being copied."""
    gaps: List[GapFact] = []


class Board(Protocol):
    """Where the documents lie: a table or a collection of the target. Each raises TransientError if it cannot
    be reached, TerminalError if it never will be."""

    def publish(self, place: str, document: bytes) -> None:
        """`place` is the row's name; the document replaces the one before."""
        ...

    def read(self, places: Sequence[str]) -> Dict[str, bytes]:
        """The documents at these places, by place; without those that do not exist."""
        ...

    def remove(self, places: Sequence[str]) -> None: ...


encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Document).decode

Facts = Dict[Tuple[int, str], TableFact]
"""By (slot, table)."""
