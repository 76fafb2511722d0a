"""`polarshake table`: a command reaches the job and is answered."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, List, Optional

import pytest
from click.testing import CliRunner, Result

from connectors.base.errors import TransientError
from connectors.base.table_fault import FaultKind
from connectors.base.timing import Timing
from connectors.command.app import polarshake
from connectors.command.table.placing import place_and_wait
from connectors.engine.enumerator.suspension import ways_out
from connectors.model.commands import (
    Action,
    CommandAnswer,
    OperatorCommand,
    PlaceReader,
    StoredCommands,
    TableAnswer,
    encode_answer,
)
from connectors.storage.folder import FolderStorage
from tests.fakes.clock import FakeClock
from tests.fakes.storage import MemoryStorage
from tests.unit.connectors.engine.enumerator.test_commands import Desk

COMMAND = OperatorCommand(Action.SUSPEND, ["t"])


def run(folder: Path, *words: str, patience: float = 10.0) -> Result:
    config = folder.parent / "application.yaml"
    config.write_text("")
    options = [
        "--config",
        str(config),
        "--set",
        f"control.path={folder}",
        "--patience-seconds",
        str(patience),
    ]
    return CliRunner().invoke(polarshake, [*words, *options])


@contextmanager
def answering(folder: Path, desk: Desk) -> Iterator[None]:
    """A job that reads the folder."""
    stored, stop = StoredCommands(FolderStorage(str(folder), "")), threading.Event()

    def serve() -> None:
        while not stop.wait(0.05):
            for name in set(stored.listing().commands) - set(stored.listing().answers):
                desk.see(name, stored.command(name))
                stored.put_answer(name, encode_answer(desk.answer(name)))

    thread = threading.Thread(target=serve)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "control").mkdir()
    return tmp_path / "control"


@pytest.mark.parametrize("kind", [FaultKind.SOURCE_DENIED, FaultKind.GAP])
def test_every_command_that_the_advice_names_is_followed(folder: Path, kind: FaultKind) -> None:
    advice = re.findall(r"`polarshake (.*?)`", ways_out("t", 1, kind.incomplete))
    assert len(advice) == (2 if kind.incomplete else 3)
    for words in advice:
        desk = Desk()
        desk.fault(kind)
        with answering(folder, desk):
            done = run(folder, *words.split())
        assert done.exit_code == 0, done.output
        assert "done: table t " in done.output
        assert desk.state().suspension is None


def test_a_refused_command_ends_with_1_and_the_reason(folder: Path) -> None:
    with answering(folder, Desk()):
        done = run(folder, "table", "resume", "t")
    assert done.exit_code == 1
    assert "REFUSED: there is nothing to resume. Table t is not suspended" in done.output


def test_a_command_says_who_gave_it_and_how(folder: Path) -> None:
    assert run(folder, "table", "rescan", "a b", "c", patience=1.0).exit_code == 2
    stored = StoredCommands(FolderStorage(str(folder), ""))
    command = stored.command(stored.listing().commands[0])
    assert command is not None
    assert command.line == "polarshake table rescan 'a b' c"
    assert "@" in command.by
    assert command.pid > 0
    assert command.at > 1_700_000_000


def test_without_an_answer_the_command_says_where_it_is_and_who_reads_there(folder: Path) -> None:
    done = run(folder, "table", "suspend", "t", patience=1.0)
    assert done.exit_code == 2
    assert "No forward job has ever read" in done.output
    (file,) = folder.glob("command-*")
    assert f"delete {file}" in done.output.replace("\n", " ")
    StoredCommands(FolderStorage(str(folder), "")).put_reader(PlaceReader("s", "", 0.0, "worker-3"))
    done = run(folder, "table", "suspend", "t", patience=1.0)
    assert "from worker-3" in done.output


def test_without_a_place_commands_are_off_and_the_command_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("")
    done = CliRunner().invoke(polarshake, ["table", "resume", "t", "--config", str(tmp_path / "a.yaml")])
    assert done.exit_code == 2
    assert "commands to a running job are off" in done.output


def test_a_folder_that_is_not_on_this_machine_is_not_created(tmp_path: Path) -> None:
    done = run(tmp_path / "missing", "table", "resume", "t")
    assert done.exit_code == 2
    assert "does not exist on this machine" in done.output
    assert not (tmp_path / "missing").exists()


class SlowPlace(StoredCommands):
    """Answers at a time of the clock; before that, reading fails for a while."""

    def __init__(self, clock: FakeClock, at: float) -> None:
        super().__init__(MemoryStorage())
        self.clock, self.at = clock, at

    def answer(self, name: str) -> Optional[CommandAnswer]:
        if self.clock.now < 5:
            raise TransientError("busy")
        return (
            CommandAnswer(name, 0.0, [TableAnswer("t", True, "well")]) if self.clock.now >= self.at else None
        )


def test_while_it_waits_the_command_is_never_silent_for_more_than_five_seconds() -> None:
    clock, said, at = FakeClock(), [], []  # type: ignore[var-annotated]
    clock.now = 0.0

    def say(line: str) -> None:
        said.append(line)
        at.append(clock.now)

    timing = Timing(clock, lambda seconds: setattr(clock, "now", clock.now + seconds))
    answer = place_and_wait(SlowPlace(clock, 23.0), COMMAND, 60.0, say, timing)
    assert answer is not None
    assert said[-1] == "done: well"
    times: List[float] = [0.0, *at]
    assert max(later - earlier for earlier, later in zip(times, times[1:])) <= 5.0
    assert place_and_wait(SlowPlace(clock, 1e9), COMMAND, 60.0, say, timing) is None
    assert said[-2].startswith("UNKNOWN: no answer within 1 min")
