"""A message that is not what pgoutput's protocol allows."""

from __future__ import annotations

from connectors.base.errors import TerminalError
from connectors.postgres.pgoutput.lsn import lsn_text

KINDS = {
    ord("B"): "Begin",
    ord("C"): "Commit",
    ord("O"): "Origin",
    ord("R"): "Relation",
    ord("Y"): "Type",
    ord("I"): "Insert",
    ord("U"): "Update",
    ord("D"): "Delete",
    ord("T"): "Truncate",
    ord("M"): "Message",
    ord("S"): "Stream Start",
    ord("E"): "Stream Stop",
    ord("c"): "Stream Commit",
    ord("A"): "Stream Abort",
}
"""By the first byte of a message: all of protocol versions 1 and 2."""


class Broken(Exception):
    """Raised by the readers, which know neither the message's kind nor its LSN. Never leaves this package."""

    def __init__(self, offset: int, problem: str) -> None:
        self.offset, self.problem = offset, problem
        super().__init__(problem)


class MalformedMessage(TerminalError):
    """Nothing of the message was applied. `offset`: byte, from 0; `lsn`: where it was sent from."""

    def __init__(self, kind: str, offset: int, lsn: int, problem: str) -> None:
        self.kind, self.offset, self.lsn, self.problem = kind, offset, lsn, problem
        super().__init__(
            f"a replication message cannot be read: {kind} at LSN {lsn_text(lsn)}, byte {offset}: {problem}. "
            f"The slot still holds it. If it comes again after a restart, the server's version speaks "
            f"another protocol than pgoutput version 1 or 2: report it with the server's version."
        )
