from __future__ import annotations

import pytest

from connectors.base.errors import TerminalError
from connectors.model.commands import (
    MOST_ANSWERS,
    MOST_NAMES,
    Action,
    CommandAnswer,
    FollowedCommands,
    OperatorCommand,
    StoredCommands,
    TableAnswer,
    encode_answer,
)
from tests.fakes.storage import MemoryStorage

COMMAND = OperatorCommand(Action.RESCAN, ["a.b@2"], "li@ops", 7, 5.0, "polarshake table rescan a.b@2")
DONE = [TableAnswer("t", True, "done")]


def test_a_command_and_its_answer_are_read_as_they_were_written() -> None:
    stored = StoredCommands(MemoryStorage(), lambda: 12.5)
    name = stored.place_command(COMMAND)
    assert name.startswith("00000000012500-")
    assert stored.listing() == ([name], [])
    assert stored.command(name) == COMMAND
    assert stored.answer(name) is None
    answer = CommandAnswer(name, 13.0, DONE)
    stored.put_answer(name, encode_answer(answer))
    assert stored.listing() == ([name], [name])
    assert stored.answer(name) == answer


def test_a_command_sorts_after_all_others_although_its_hosts_clock_is_slow() -> None:
    storage = MemoryStorage()
    first = StoredCommands(storage, lambda: 1000.0).place_command(COMMAND)
    second = StoredCommands(storage, lambda: 10.0).place_command(COMMAND)
    assert StoredCommands(storage).listing().commands == [first, second]


@pytest.mark.parametrize("body", [b"", b"{", b'{"action":"explode"}', b"\xff", b"[]"])
def test_a_file_that_is_not_a_command_is_none(body: bytes) -> None:
    storage = MemoryStorage()
    storage.objects["command-1-x.json"] = body
    assert StoredCommands(storage).command("1-x") is None


def test_an_answer_of_another_version_is_named() -> None:
    storage = MemoryStorage()
    storage.objects["answer-1-x.json"] = b"[]"
    with pytest.raises(TerminalError, match=r"answer-1-x\.json"):
        StoredCommands(storage).answer("1-x")


def test_the_record_stays_small_and_knows_every_command_that_it_has_seen() -> None:
    record = FollowedCommands()
    names = [f"{number:05d}" for number in range(3 * MOST_NAMES)]
    for name in names:
        assert not record.knows(name)
        record = record.add(CommandAnswer(name, 0.0, DONE))
    assert all(record.knows(name) for name in names)
    assert not record.knows("99999")
    assert len(record.names) <= MOST_NAMES
    assert list(record.answers) == names[-MOST_ANSWERS:]
    assert (record.followed, record.refused) == (len(names), 0)


def test_a_command_that_was_placed_at_the_same_time_and_sorts_earlier_is_not_lost() -> None:
    record = FollowedCommands("1").add(CommandAnswer("3", 0.0, DONE))
    assert not record.knows("2")
    assert record.knows("1")
    assert record.knows("3")


def test_an_answer_without_a_table_is_a_refusal() -> None:
    assert not CommandAnswer("1", 0.0, []).followed
