"""Commands of an operator to a running job: files in a durable place, which the job and the command know from
the settings.

A command is an object `command-TIME-ID.json`, and its answer is `answer-TIME-ID.json`. Names sort in the
order in which commands are followed. Commands are never changed, and nobody deletes them: together with the
answers they are the record of who did what. The job's state says which of them have been followed.
"""

from __future__ import annotations

import enum
import time
import uuid
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional

import msgspec

from connectors.base.errors import TerminalError
from connectors.storage.contract import Storage, content

COMMAND, ANSWER, END = "command-", "answer-", ".json"
SETTINGS = -1.0
"""Instead of a rate: that of the settings."""
READER = "reader.json"
"""Describes the job that reads the place."""


class Action(str, enum.Enum):
    SUSPEND = "suspend"
    RESUME = "resume"
    RESCAN = "rescan"
    RELEASE = "release"
    THROTTLE = "throttle"
    HAND_OVER = "hand over"
    """Of a cut-over: as SUSPEND, and only a command that names the table and the number takes it back."""


class OperatorCommand(msgspec.Struct, frozen=True):
    """What an operator wants, and who it is."""

    action: Action
    tables: List[str] = []
    """Names or globs, each perhaps with the number of a suspension: `orders@1`. For THROTTLE, no table means
    all tables without rates of their own."""
    by: str = ""
    """USER@HOST."""
    pid: int = 0
    at: float = 0.0
    """Epoch seconds, the clock of that host."""
    line: str = ""
    """The command line, without its configuration."""
    scan: Optional[float] = None
    """THROTTLE: the new rate of the scan; 0: no limit; SETTINGS; None: unchanged."""
    write: Optional[float] = None

    @property
    def author(self) -> str:
        return f"{self.by} (process {self.pid}): {self.line}"


class TableAnswer(msgspec.Struct, frozen=True):
    """What has become of a command for one table."""

    table: str
    followed: bool
    text: str
    """A sentence for the operator, with advice if it was refused."""


class CommandAnswer(msgspec.Struct, frozen=True):
    command: str
    """Its name."""
    at: float
    """When it was followed or refused: epoch seconds, the job's clock."""
    answers: List[TableAnswer] = []

    @property
    def followed(self) -> bool:
        """Completely."""
        return bool(self.answers) and all(answer.followed for answer in self.answers)


class PlaceReader(msgspec.Struct, frozen=True):
    """The job that reads the place."""

    submission: str
    """Identifies the submission over all restarts of the job."""
    before: str
    """The commands up to this name were there before the job began: it follows none of them."""
    at: float = 0.0
    """When this run began to read: epoch seconds."""
    host: str = ""


class CommandListing(NamedTuple):
    commands: List[str]
    """Names without prefix and ending, sorted."""
    answers: List[str]
    """Likewise: the names of the commands that have been answered."""


encode_answer = msgspec.json.Encoder().encode
_encode = msgspec.json.Encoder().encode
_command = msgspec.json.Decoder(OperatorCommand).decode
_answer = msgspec.json.Decoder(CommandAnswer).decode
_reader = msgspec.json.Decoder(PlaceReader).decode


class StoredCommands:
    """The files. All methods raise TransientError, or TerminalError if the place cannot be used."""

    def __init__(self, storage: Storage, clock: Callable[[], float] = time.time) -> None:
        self.place, self._storage, self._clock = storage.place, storage, clock

    def place_command(self, command: OperatorCommand) -> str:
        """Durable on return. Returns the name, which follows all names that are there now, even if their
        hosts' clocks are fast."""
        last = max((milliseconds_of(name) for name in self.listing().commands), default=0)
        stem = max(int(self._clock() * 1000), last + 1)
        name = f"{stem:014d}-{uuid.uuid4().hex[:8]}"
        self._storage.write(COMMAND + name + END, [_encode(command)])
        return name

    def listing(self) -> CommandListing:
        names = self._storage.names()
        return CommandListing(_stems(names, COMMAND), _stems(names, ANSWER))

    def command(self, name: str) -> Optional[OperatorCommand]:
        """None if the file is not a command, or of a later version."""
        try:
            return _command(content(self._storage, COMMAND + name + END))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def answer(self, name: str) -> Optional[CommandAnswer]:
        """None if there is none yet."""
        body = content(self._storage, ANSWER + name + END)
        try:
            return _answer(body) if body else None
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            file = f"{self.place}/{ANSWER}{name}{END}"
            raise TerminalError(f"{file} is not an answer that this version understands") from error

    def put_answer(self, name: str, answer: bytes) -> None:
        """`answer`: a CommandAnswer as JSON."""
        self._storage.write(ANSWER + name + END, [answer])

    def reader(self) -> Optional[PlaceReader]:
        """The job that has read the place last; None if none has."""
        try:
            return _reader(content(self._storage, READER))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def put_reader(self, reader: PlaceReader) -> None:
        self._storage.write(READER, [_encode(reader)])

    def file_of(self, name: str) -> str:
        return f"{self.place}/{COMMAND}{name}{END}"


def milliseconds_of(name: str) -> int:
    """The time in a command's name; 0 if it has none."""
    head = name.split("-", 1)[0]
    return int(head) if head.isascii() and head.isdigit() else 0


def _stems(names: Iterable[str], prefix: str) -> List[str]:
    return sorted(
        name[len(prefix) : -len(END)] for name in names if name.startswith(prefix) and name.endswith(END)
    )


MOST_NAMES, MOST_ANSWERS = 400, 50


class FollowedCommands(msgspec.Struct, frozen=True, array_like=True):
    """Which commands a job has followed or refused. Kept in its state."""

    before: str = ""
    """All commands up to this name."""
    names: List[str] = []
    """Others, in the order in which they were followed. A name that sorts before a followed one has been
    placed at the same time, and is followed too."""
    answers: Dict[str, bytes] = {}
    """The last answers, by the command's name: they are written again if a restart has prevented it."""
    followed: int = 0
    refused: int = 0
    """How many commands."""

    def knows(self, name: str) -> bool:
        return name <= self.before or name in self.names

    def add(self, answer: CommandAnswer) -> FollowedCommands:
        names = [*self.names, answer.command]
        before = self.before
        if len(names) > MOST_NAMES:  # the older half: nobody places a command with such an old name any more
            names.sort()
            before, names = names[MOST_NAMES // 2], names[MOST_NAMES // 2 + 1 :]
        kept = list({**self.answers, answer.command: encode_answer(answer)}.items())[-MOST_ANSWERS:]
        return FollowedCommands(
            before,
            names,
            dict(kept),
            self.followed + answer.followed,
            self.refused + (not answer.followed),
        )
