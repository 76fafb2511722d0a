"""The commands that a job has not followed yet, and the record of those that it has. Pure.

1. Commands are followed in the order in which they are seen, once the job knows its tables.
2. The record is part of the job's state. A restart from a checkpoint undoes what commands have done since
   that checkpoint, and forgets that they have been followed: they are followed again.
3. A new job follows no command that was placed before it began.
"""

from __future__ import annotations

import logging
from typing import Dict, List, Optional, Sequence

import msgspec

from connectors.engine.enumerator.observations import Commanded, CommandsBegin
from connectors.model.commands import CommandAnswer, FollowedCommands, TableAnswer

log = logging.getLogger(__name__)

TOO_OLD = "it was placed before this job began, so it is not followed. Give it again if it still applies"
UNKNOWN = "it is not a command, or one of a later version than the job's"

_record = msgspec.msgpack.Decoder(FollowedCommands).decode


class CommandQueue:
    ENTRY = "commands"
    """Name of the state entry."""

    def __init__(self) -> None:
        self.record: Optional[FollowedCommands] = None
        """None: the job is new, and has not looked at the place yet. Replaced, never changed: another thread
        reads it."""
        self._waiting: Dict[str, Commanded] = {}

    def restore(self, saved: bytes) -> None:
        self.record = _record(saved)

    def begin(self, seen: CommandsBegin, now: float) -> None:
        if self.record is None:
            self.record = FollowedCommands(seen.before)
            for name in seen.unanswered:
                self.answer(Commanded(name, None), [TableAnswer("", False, TOO_OLD)], now)

    def add(self, placed: Commanded) -> None:
        self._waiting[placed.name] = placed

    def take(self) -> List[Commanded]:
        """The commands that are due now, each once."""
        record = self.record
        taken, self._waiting = list(self._waiting.values()), {}
        return [placed for placed in taken if record is not None and not record.knows(placed.name)]

    def answer(self, placed: Commanded, answers: Sequence[TableAnswer], now: float) -> None:
        author = placed.command.author if placed.command else "somebody"
        for answer in answers:
            done = "followed" if answer.followed else "refused"
            log.warning("command %s of %s is %s: %s", placed.name, author, done, answer.text)
        record = self.record or FollowedCommands()
        self.record = record.add(CommandAnswer(placed.name, now, list(answers)))

    def encode(self) -> bytes:
        return msgspec.msgpack.encode(self.record)
