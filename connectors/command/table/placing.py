"""Places a command and waits for the job's answer."""

from __future__ import annotations

import os
from typing import Callable, Iterable, Optional, Protocol

from connectors.base.errors import TerminalError, TransientError
from connectors.base.timing import REAL, Timing
from connectors.command.table.show import answer_lines, silent_lines, waiting_line
from connectors.config.places import is_s3
from connectors.config.settings import Settings
from connectors.model.commands import CommandAnswer, OperatorCommand, PlaceReader, StoredCommands
from connectors.storage.open import open_storage

POLL_SECONDS, TOLD_SECONDS = 0.5, 4.0


class AnsweringPlace(Protocol):
    """See connectors.model.commands.StoredCommands."""

    place: str

    def place_command(self, command: OperatorCommand) -> str: ...

    def answer(self, name: str) -> Optional[CommandAnswer]: ...

    def reader(self) -> Optional[PlaceReader]: ...

    def file_of(self, name: str) -> str: ...


def open_commands(settings: Settings) -> StoredCommands:
    """Raises TerminalError if commands are off, or if their place is not on this machine."""
    place = settings.control_place
    if place is None:
        raise TerminalError(
            "commands to a running job are off, because neither control.path nor deadLetter.path is set. Set "
            "one of them and resume the job from a savepoint; or give the command with tables.resume, "
            "tables.rescan or tables.release at that start"
        )
    if not is_s3(place) and not os.path.isdir(place):
        raise TerminalError(
            f"{place} does not exist on this machine. The forward job creates it when it starts: run the "
            "command where the workers run, or where the same folder is mounted"
        )
    return StoredCommands(open_storage(place, "control.path", settings))


def place_and_wait(
    stored: AnsweringPlace,
    command: OperatorCommand,
    patience: float,
    say: Callable[[str], None],
    timing: Timing = REAL,
) -> Optional[CommandAnswer]:
    """The answer, or None if there is none within `patience` seconds. Raises TerminalError or
    TransientError if the command could not be placed."""
    name = stored.place_command(command)
    say(f"command {name} is placed in {stored.place}")
    began = told = timing.clock()
    while timing.clock() - began < patience:
        answer = _answer(stored, name)
        if answer is not None:
            _say_all(say, answer_lines(answer))
            return answer
        if timing.clock() - told >= TOLD_SECONDS:
            told = timing.clock()
            say(waiting_line(told - began, patience))
        timing.sleep(POLL_SECONDS)
    _say_all(say, silent_lines(patience, stored.place, stored.file_of(name), stored.reader()))
    return None


def _answer(stored: AnsweringPlace, name: str) -> Optional[CommandAnswer]:
    try:
        return stored.answer(name)
    except TransientError:
        return None


def _say_all(say: Callable[[str], None], lines: Iterable[str]) -> None:
    for line in lines:
        say(line)
