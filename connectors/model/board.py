"""The board: what the workers report to the enumerator, the edge back that Flink lacks.

A later document of a slot replaces the earlier one. A document that is lost or repeated changes nothing.
"""

from __future__ import annotations

from typing import Dict, List, Protocol, Sequence, Tuple

import msgspec

from connectors.model.steps import TableFact, TableFault


class Document(msgspec.Struct, array_like=True):
    """What one worker slot reports."""

    run: str
    """The enumerator's run that it is addressed to. Every other run ignores it."""
    slot: int
    tables: Dict[str, TableFact] = {}
    """Tables that are still being copied."""
    faults: List[TableFault] = []


class Board(Protocol):
    """Where the documents are stored: a table or a collection of the target.

    Each call raises TransientError if it fails and a retry may succeed, TerminalError if a retry cannot."""

    def publish(self, place: str, document: bytes) -> None:
        """`place`: the name of the row. The document replaces the earlier one."""
        ...

    def read(self, places: Sequence[str]) -> Dict[str, bytes]:
        """The documents at these places, by place; without those that do not exist."""
        ...

    def remove(self, places: Sequence[str]) -> None: ...


encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Document).decode

Facts = Dict[Tuple[int, str], TableFact]
"""By (slot, table)."""
