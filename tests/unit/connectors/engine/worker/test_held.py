"""A table that is suspended in a worker slot: it stops where it is, and goes on from what is durable."""

from __future__ import annotations

from typing import List

import pytest

from connectors.base.errors import TerminalError
from connectors.base.table_fault import FaultKind
from connectors.dynamodb.faults import ServiceError
from connectors.engine.budget import SPLIT_BYTES
from connectors.engine.worker.worker import REPORT_SECONDS
from connectors.model.orders import DropOrder, StepOrder
from connectors.model.steps import FIRST_FOLLOW, FIRST_SCAN, TableFault
from tests.fakes.pages import changed, copied
from tests.unit.connectors.engine.worker.rig import P, Rig, follow, scan, segment, shards

NO_TABLE = ServiceError("ResourceNotFoundException", "no such table", 400, "BatchWriteItem", "t")


@pytest.fixture
def rig() -> Rig:
    return Rig()


def held(hold: int = 1, step: int = FIRST_FOLLOW, live: bool = False) -> StepOrder:
    return StepOrder("t", 1, step, live, hold)


def report(rig: Rig) -> List[TableFault]:
    rig.clock.now += REPORT_SECONDS
    rig.turn()
    return rig.documents[-1].faults


def test_nothing_of_a_suspended_table_is_read_or_sent(rig: Rig) -> None:
    rig.steps("p", changed("1"), changed("2"), changed("3"))
    rig.take(shards(P), follow())
    rig.pipeline.blocked = True
    rig.read()
    rig.take(held())
    rig.pipeline.blocked = False
    assert rig.run() == []
    assert rig.opener.names() == [("t/1/p", True)]


@pytest.mark.parametrize("restart", [False, True])
def test_a_resumed_stream_goes_on_after_what_is_durable(rig: Rig, restart: bool) -> None:
    rig.steps("p", changed("1"), changed("2"))
    rig.take(shards(P), follow())
    rig.read()
    assert rig.land() == ["1"]
    rig.read()
    rig.take(held())
    rig.land()
    if restart:
        rig.start()
        assert rig.run() == []
    rig.steps("p", changed("1"), changed("2"), changed("3"))
    rig.take(held(2))
    assert rig.run() in (["3"], ["2", "3"])
    assert rig.work().state.hold == 2


@pytest.mark.parametrize("restart", [False, True])
def test_a_resumed_scan_goes_on_with_its_segments(rig: Rig, restart: bool) -> None:
    rig.steps(0, copied("a"), copied("b"), copied("c", done=True))
    rig.take(segment(0, 1), scan())
    rig.read()
    rig.land()
    rig.take(held(1, FIRST_SCAN))
    rig.run()
    if restart:
        rig.start()
    rig.take(held(2, FIRST_SCAN))
    assert rig.run()[-1] == "c"
    assert rig.work().segments == {}


def test_a_table_is_opened_again_only_when_what_was_in_flight_has_landed(rig: Rig) -> None:
    """Otherwise an older request could be applied after a newer one."""
    rig.steps("p", changed("1"), changed("2"))
    rig.take(shards(P), follow())
    rig.read()
    rig.take(held(), held(2))
    rig.read()
    assert rig.opener.names() == [("t/1/p", True)]
    rig.land()
    assert [closed for _, closed in rig.opener.names()] == [True, False]


def test_a_resumed_scan_goes_on_when_what_was_in_flight_has_landed(rig: Rig) -> None:
    """Nothing is being read at that time, since the first page fills the split's room."""
    rig.steps(0, copied("a", size=SPLIT_BYTES), copied("b", done=True))
    rig.take(segment(0, 1), scan())
    rig.read()
    rig.take(held(1, FIRST_SCAN), held(2, FIRST_SCAN))
    assert [closed for _, closed in rig.opener.names()] == [True]
    assert rig.land() == ["a"]
    assert rig.run() == ["a", "b"]
    assert rig.work().segments == {}


def test_the_other_tables_of_a_slot_go_on(rig: Rig) -> None:
    rig.steps(0, copied("a"), copied("b", done=True))
    rig.take(segment(0, 1), scan(), held(1, FIRST_SCAN))
    rig.take(segment(0, 1, table="u"), scan(table="u"))
    assert rig.run() == ["a", "b"]


def test_orders_that_arrive_for_a_suspended_table_are_kept_and_not_followed(rig: Rig) -> None:
    rig.steps("p", changed("1"))
    rig.take(held(), shards(P), held())
    assert rig.run() == []
    rig.take(held(2))
    assert rig.run() == ["1"]


# -- a target that refuses a table ---------------------------------------------------------------------------


def test_a_table_whose_writes_are_refused_is_reported_and_the_others_go_on(rig: Rig) -> None:
    rig.steps(0, copied("a"), copied("b", done=True))
    rig.take(segment(0, 1), scan())
    rig.read()
    rig.pipeline.refuse(NO_TABLE)
    rig.turn()
    (fault,) = report(rig)
    assert (fault.table, fault.generation, fault.hold, fault.kind) == ("t", 1, 0, FaultKind.TARGET_GONE)
    assert "ResourceNotFoundException" in fault.reason
    assert rig.run() == []
    rig.take(segment(0, 1, table="u"), scan(table="u"))
    assert rig.run() == ["a", "b"]
    assert rig.count().written == 0


@pytest.mark.parametrize("scans", [True, False])
def test_refused_writes_never_count_as_written(rig: Rig, scans: bool) -> None:
    """The position stays before them, so that they are written when the table goes on."""
    rig.steps(0, copied("a"), copied("b", done=True))
    rig.steps("p", changed("a"), changed("b"))
    rig.take(*([segment(0, 1), scan()] if scans else [shards(P), follow()]))
    rig.read()
    rig.pipeline.refuse(NO_TABLE)
    rig.turn()
    rig.run()
    assert not [name for name in rig.state if name.startswith("p/")]
    assert (rig.count().written, rig.count().bytesWritten) == (0, 0)
    step = FIRST_SCAN if scans else FIRST_FOLLOW
    rig.take(held(1, step))
    assert report(rig) == []
    rig.take(held(2, step))
    assert rig.run() == ["a", "b"]


def test_a_refusal_that_lands_after_the_table_was_stopped_is_not_reported_again(rig: Rig) -> None:
    rig.steps("p", changed("1"))
    rig.take(shards(P), follow())
    rig.read()
    rig.take(held(), held(2))
    rig.pipeline.refuse(NO_TABLE)
    rig.turn()
    assert report(rig) == []
    assert rig.run() == ["1"]


def test_a_refusal_that_is_not_the_tables_alone_ends_the_worker(rig: Rig) -> None:
    rig.steps("p", changed("1"))
    rig.take(shards(P), follow())
    rig.read()
    rig.pipeline.refuse(TerminalError("the disk is full"))
    with pytest.raises(TerminalError, match="disk"):
        rig.turn()


def test_a_new_copy_of_a_table_that_was_refused_begins(rig: Rig) -> None:
    rig.steps("p", changed("1"))
    rig.take(shards(P), follow())
    rig.read()
    rig.pipeline.refuse(NO_TABLE)
    rig.turn()
    rig.take(held(), DropOrder("t", 2), shards(P, generation=2), StepOrder("t", 2, FIRST_FOLLOW, False, 2))
    assert rig.run() == ["1"]
    assert report(rig) == []
