from __future__ import annotations

import time
from typing import Callable, Iterator

import pytest

from connectors.base.errors import TerminalError, TransientError
from connectors.engine.board import publisher
from connectors.engine.board.publisher import REPEAT_SECONDS, BoardPublisher
from connectors.engine.board.reader import place_of
from connectors.model import board
from connectors.model.board import Document
from connectors.model.steps import TableFact
from tests.fakes.board import FakeBoard
from tests.fakes.clock import FakeClock


def document(step: int = 0, slot: int = 0, run: str = "job.1") -> Document:
    return Document(run, slot, {"t": TableFact(1, step, True)})


class Rig:
    def __init__(self) -> None:
        self.board, self.clock = FakeBoard(), FakeClock()
        self.publisher = BoardPublisher(self.board, self.clock.timing())

    def shown(self, slot: int = 0) -> Document:
        return board.decode(self.board.rows[place_of("job", slot)])


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.publisher.close()


def wait_for(met: Callable[[], object]) -> None:
    until = time.monotonic() + 60
    while not met():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.002)


def test_the_newest_document_of_each_slot_is_published_and_what_it_replaced_is_not(rig: Rig) -> None:
    for step in range(3):
        rig.publisher(document(step))
    rig.publisher(document(9, slot=1))
    rig.publisher.turn()
    assert (rig.shown(), rig.shown(1)) == (document(2), document(9, slot=1))
    assert len(rig.board.published) == 2


def test_a_document_that_has_not_changed_is_published_again_only_after_a_while(rig: Rig) -> None:
    rig.publisher(document())
    rig.publisher.turn()
    rig.publisher(document())
    rig.publisher.turn()
    assert len(rig.board.published) == 1
    rig.clock.now += REPEAT_SECONDS
    rig.publisher.turn()
    assert len(rig.board.published) == 2


def test_a_late_document_that_replaced_the_newest_is_replaced_in_turn(rig: Rig) -> None:
    rig.publisher(document(2))
    rig.publisher.turn()
    rig.board.rows[place_of("job", 0)] = board.encode(document(1))
    rig.clock.now += REPEAT_SECONDS
    rig.publisher.turn()
    assert rig.shown() == document(2)


def test_a_document_that_could_not_be_published_stays_due(rig: Rig) -> None:
    rig.publisher(document())
    rig.board.faults = [TransientError("down")]
    with pytest.raises(TransientError):
        rig.publisher.turn()
    rig.publisher.turn()
    assert rig.shown() == document()


def test_its_thread_continues_after_a_passing_fault(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "RETRY_SECONDS", 0.01)
    rig.board.faults = [TransientError("down")]
    rig.publisher.start()(document())
    wait_for(lambda: rig.board.rows)
    rig.publisher(document(1))
    wait_for(lambda: rig.shown() == document(1))


def test_another_fault_is_raised_in_the_worker(rig: Rig) -> None:
    rig.board.faults = [TerminalError("no right to write")]
    rig.publisher.start()(document())
    wait_for(lambda: not rig.publisher._thread.is_alive())
    with pytest.raises(TerminalError, match="no right"):
        rig.publisher(document(1))


def test_closing_ends_the_thread(rig: Rig) -> None:
    rig.publisher.start()
    rig.publisher.close()
    wait_for(lambda: not rig.publisher._thread.is_alive())
