from __future__ import annotations

from typing import Dict, List

import pytest

from connectors.base.errors import TerminalError
from connectors.base.table_fault import FaultKind
from connectors.engine.board.reader import BoardReader, line_of, place_of
from connectors.engine.board.runs import SavedRun
from connectors.engine.enumerator.observations import Reported
from connectors.model import board
from connectors.model.board import Document
from connectors.model.steps import TableFact, TableFault
from tests.fakes.board import FakeBoard

RUN = "job.2"
SLOTS = 3
FACT = TableFact(1, 0, True)
TRIMMED = TableFault("t", 1, 0, FaultKind.GAP, "trimmed")


class Rig:
    def __init__(self) -> None:
        self.board = FakeBoard()
        self.reader = BoardReader(self.board, SLOTS)

    def publish(
        self,
        slot: int,
        tables: Dict[str, TableFact],
        run: str = RUN,
        faults: List[TableFault] = [],  # noqa: B006
    ) -> None:
        document = Document(run, slot, tables, faults)
        self.board.publish(place_of(run.split(".")[0], slot), board.encode(document))


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_what_all_slots_report_is_reported_by_slot_and_table(rig: Rig) -> None:
    rig.publish(0, {"t": FACT, "u": TableFact(2, 4, False)})
    rig.publish(2, {"t": FACT})
    reported = rig.reader.read(RUN)
    assert reported == Reported({(0, "t"): FACT, (0, "u"): TableFact(2, 4, False), (2, "t"): FACT}, [])


def test_nothing_is_reported_until_something_changes(rig: Rig) -> None:
    rig.publish(0, {"t": FACT})
    assert rig.reader.read(RUN) is not None
    assert rig.reader.read(RUN) is None
    rig.publish(0, {"t": FACT})
    assert rig.reader.read(RUN) is None
    rig.publish(0, {})
    assert rig.reader.read(RUN) == Reported({}, [])


def test_a_document_of_another_run_counts_for_nothing(rig: Rig) -> None:
    """An older one may arrive late and stand over the newer one."""
    rig.publish(0, {"t": FACT}, run="job.1", faults=[TRIMMED])
    rig.publish(1, {"t": FACT})
    assert rig.reader.read(RUN) == Reported({(1, "t"): FACT}, [])


def test_two_jobs_may_share_a_target(rig: Rig) -> None:
    rig.publish(0, {"t": FACT}, run="other.2")
    assert rig.reader.read(RUN) is None


def test_gaps_are_told_with_the_registration_that_they_belong_to(rig: Rig) -> None:
    rig.publish(1, {}, faults=[TRIMMED])
    assert rig.reader.read(RUN) == Reported({}, [TRIMMED])


def test_each_run_is_added_to_the_jobs_line(rig: Rig) -> None:
    rig.reader.begin("job.1", SavedRun("", 0))
    rig.reader.begin("job.2", SavedRun("1", 5))
    rig.reader.begin("other.1", SavedRun("", 0))
    assert set(rig.board.rows) == {line_of("job"), line_of("other")}
    before = rig.board.rows[line_of("job")]
    with pytest.raises(TerminalError, match="must not be used"):
        rig.reader.begin("job.3", SavedRun("1", 6))
    assert rig.board.rows[line_of("job")] == before
    rig.reader.begin("job.3", SavedRun("2", 1))


def test_beginning_again_after_a_fault_changes_nothing(rig: Rig) -> None:
    """The answer to the first publication may have been lost."""
    rig.reader.begin("job.1", SavedRun("", 0))
    for _ in range(2):
        rig.reader.begin("job.2", SavedRun("1", 5))
    rig.reader.begin("job.3", SavedRun("2", 1))
