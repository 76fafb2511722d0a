"""The place of commands and a whole enumerator: commands are answered once, whatever is restarted."""

from __future__ import annotations

from typing import Dict, List, Optional

from connectors.base.errors import TransientError
from connectors.engine.enumerator.command_watch import LOOK_SECONDS, CommandWatch, WatchedJob
from connectors.engine.enumerator.observations import Commanded, CommandsBegin
from connectors.model.commands import Action, CommandAnswer, OperatorCommand, StoredCommands
from tests.fakes.clock import FakeClock
from tests.fakes.storage import MemoryStorage
from tests.unit.connectors.engine.enumerator.test_commands import SUSPEND
from tests.unit.connectors.engine.enumerator.test_planner import Rig


class RunningJob:
    """One submission of a job; `restart` begins a run from the last checkpoint."""

    def __init__(self, storage: MemoryStorage, submission: str = "s", saved: Dict[str, bytes] = {}) -> None:  # noqa: B006
        self.storage, self.submission, self.clock = storage, submission, FakeClock()
        self.checkpoint = dict(saved)
        self.restart()

    def restart(self) -> None:
        self.rig = Rig(SUSPEND)
        self.rig.state = dict(self.checkpoint)
        self.rig.start(first_attempt=False)
        if not self.checkpoint:
            self.rig.scan()
        queue = self.rig.plans.commands
        self.failing: Optional[Exception] = None
        self.watch = CommandWatch(
            self._open, WatchedJob(self.submission, lambda: queue.record), self.clock, self.clock
        )

    def _open(self) -> StoredCommands:
        if self.failing:
            raise self.failing
        return StoredCommands(self.storage)

    def turn(self, times: int = 3) -> List[str]:
        """The names of the commands that were seen."""
        names = []
        for _ in range(times):
            self.clock.now += LOOK_SECONDS
            for seen in self.watch.round():
                assert isinstance(seen, (Commanded, CommandsBegin))
                names += [seen.name] if isinstance(seen, Commanded) else []
                self.rig.see(seen)
            self.rig.advance()
        return names

    def save(self) -> None:
        self.checkpoint = dict(self.rig.state)

    @property
    def suspensions(self) -> int:
        return (self.rig.plans.tables["t"].hold + 1) // 2

    @property
    def is_suspended(self) -> bool:
        return self.rig.plans.tables["t"].suspension is not None


def give(storage: MemoryStorage, action: Action = Action.SUSPEND) -> str:
    return StoredCommands(storage).place_command(OperatorCommand(action, ["t"], "li@ops"))


def answer(storage: MemoryStorage, name: str) -> Optional[CommandAnswer]:
    return StoredCommands(storage).answer(name)


def test_a_command_is_seen_once_and_answered() -> None:
    storage = MemoryStorage()
    job = RunningJob(storage)
    assert job.turn() == []
    name = give(storage)
    assert job.turn() == [name]
    found = answer(storage, name)
    assert found is not None
    assert found.followed
    assert job.turn() == []
    assert job.suspensions == 1
    assert storage.written.count(f"answer-{name}.json") == 1


def test_commands_are_followed_in_their_order() -> None:
    storage = MemoryStorage()
    job = RunningJob(storage)
    job.turn()
    names = [give(storage, action) for action in (Action.SUSPEND, Action.RESUME, Action.SUSPEND)]
    assert job.turn() == names
    assert (job.suspensions, job.is_suspended) == (2, True)


def test_a_command_that_is_placed_while_the_job_restarts_is_followed_once() -> None:
    storage = MemoryStorage()
    job = RunningJob(storage)
    job.turn()
    job.save()
    name = give(storage)
    for _ in range(3):
        job.restart()
        job.turn()
        job.save()
    assert job.suspensions == 1
    assert storage.written.count(f"answer-{name}.json") == 1


def test_a_command_that_a_restart_has_undone_is_followed_and_answered_again() -> None:
    storage = MemoryStorage()
    job = RunningJob(storage)
    job.turn()
    job.save()
    name = give(storage)
    job.turn()
    assert job.is_suspended
    job.restart()
    assert not job.is_suspended
    assert job.turn() == [name]
    assert job.is_suspended
    assert storage.written.count(f"answer-{name}.json") == 2


def test_an_answer_that_was_not_written_before_a_restart_is_written_after_it() -> None:
    storage = MemoryStorage()
    job = RunningJob(storage)
    job.turn()
    name = give(storage)
    job.turn()
    job.save()
    del storage.objects[f"answer-{name}.json"]
    job.restart()
    assert job.turn() == []
    found = answer(storage, name)
    assert found is not None
    assert found.followed


def test_a_job_that_restarts_before_its_first_checkpoint_loses_no_command() -> None:
    storage = MemoryStorage()
    old = give(storage)
    job = RunningJob(storage)
    job.turn()
    new = give(storage)
    job.turn()
    job.restart()
    assert not job.is_suspended
    assert job.turn() == [new]
    assert job.is_suspended
    refused = answer(storage, old)
    assert refused is not None
    assert not refused.followed


def test_a_new_submission_follows_nothing_of_the_one_before() -> None:
    storage = MemoryStorage()
    first = RunningJob(storage)
    first.turn()
    give(storage)
    first.turn()
    second = RunningJob(storage, "another")
    assert second.turn() == []
    assert not second.is_suspended


def test_a_submission_from_a_savepoint_follows_what_was_placed_meanwhile() -> None:
    storage = MemoryStorage()
    first = RunningJob(storage)
    first.turn()
    first.save()
    name = give(storage)
    second = RunningJob(storage, "another", first.checkpoint)
    assert second.turn() == [name]
    assert second.is_suspended


def test_a_place_that_cannot_be_read_ends_nothing_and_is_tried_again() -> None:
    storage = MemoryStorage()
    job = RunningJob(storage)
    job.failing = TransientError("down")
    assert job.turn() == []
    name = give(storage)
    job.failing = None
    job.turn()
    storage.error = TransientError("read only")
    assert answer(storage, name) is not None  # refused: it was there before the job's first look
    later = "99999999999999-x"
    storage.objects[f"command-{later}.json"] = storage.objects[f"command-{name}.json"]
    assert job.turn() == [later]
    assert answer(storage, later) is None
    storage.error = None
    job.turn()
    assert answer(storage, later) is not None


def test_the_place_says_which_job_reads_it() -> None:
    storage = MemoryStorage()
    RunningJob(storage).turn()
    reader = StoredCommands(storage).reader()
    assert reader is not None
    assert reader.submission == "s"
    assert reader.host
