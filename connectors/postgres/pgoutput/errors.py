"""Errors for messages that pgoutput's protocol does not allow."""

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
"""All messages of protocol versions 1 and 2, by their first byte."""


class Broken(Exception):
    """Raised by the readers, which know neither the message's kind nor its LSN. Never leaves this package."""

    def __init__(self, offset: int, problem: str) -> None:
        self.offset, self.problem = offset, problem
        super().__init__(problem)


class MalformedMessage(TerminalError):
    """Nothing of the message was applied. `offset`: the byte, from 0; `lsn`: the message's position."""

    def __init__(self, kind: str, offset: int, lsn: int, problem: str) -> None:
        self.kind, self.offset, self.lsn, self.problem = kind, offset, lsn, problem
        super().__init__(
            f"a replication message cannot be read: {kind} at LSN {lsn_text(lsn)}, byte {offset}: {problem}. "
            f"The slot still contains the message. If the error occurs again after a restart, the server "
            f"uses another protocol than pgoutput version 1 or 2: report it with the server's version."
        )
