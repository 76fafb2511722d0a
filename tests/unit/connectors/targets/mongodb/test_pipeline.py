"""Requests written by threads: what lands, how many at once, and what happens to errors."""

from __future__ import annotations

import threading
import time
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Set

import pytest

from connectors.base.errors import TerminalError, TransientError
from connectors.base.table_fault import FaultKind, TableError
from connectors.base.timing import Timing
from connectors.dynamodb.limits import LimitOf, limits_by_table, no_limit
from connectors.dynamodb.retry import Policy
from connectors.model.pipeline import NEVER, Landed, WriteRequest
from connectors.model.writes import Write, Writer, WriteReport
from connectors.targets.mongodb import pipeline as module
from connectors.targets.mongodb.bulk import BulkAnswer, Refusal
from connectors.targets.mongodb.convert import Shape
from connectors.targets.mongodb.pipeline import BeforeAttempt, BulkPipeline
from connectors.targets.mongodb.writer import MongoWriter
from tests.fakes.bulk_writes import FakeBulk
from tests.fakes.deadletters import FakeDeadLetters
from tests.unit.connectors.targets.mongodb.test_writer import Schemas, delete, put

PATIENCE = 120.0


class Rig:
    """Each thread's writer has a bulk of its own; all share the documents. Tables in `held` wait for their
    event."""

    def __init__(self, threads: int = 4, limit_of: LimitOf = no_limit) -> None:
        self.documents: Dict[Any, Any] = {}
        self.refused: Dict[str, int] = {}
        self.bulks: List[FakeBulk] = []
        self.letters = FakeDeadLetters()
        self.held: Dict[str, threading.Event] = {}
        self.entered: Set[str] = set()
        self.fault: Optional[Callable[[FakeBulk], None]] = None
        self.pipeline = BulkPipeline(self._writer, threads, limit_of)

    def _writer(self, before_attempt: BeforeAttempt, timing: Timing) -> Writer:
        bulk = FakeBulk()
        bulk.documents, bulk.refused = self.documents, self.refused
        self.bulks.append(bulk)
        if self.fault is not None:
            self.fault(bulk)
        inner = MongoWriter(
            bulk, Schemas(), Shape(), self.letters, Policy(30.0, 0.001, 0.001), before_attempt, timing
        )
        return HeldWriter(inner, self)

    def values(self) -> List[Any]:
        return sorted(document["v"] for document in self.documents.values())

    def until_landed(self) -> List[Landed]:
        found: List[Landed] = []
        until = time.monotonic() + PATIENCE
        while len(self.pipeline):
            assert time.monotonic() < until
            found += self.pipeline.landed(1.0)
        return found

    def until_entered(self, *tables: str) -> None:
        until = time.monotonic() + PATIENCE
        while not set(tables) <= self.entered:
            assert time.monotonic() < until
            time.sleep(0.001)


class HeldWriter(Writer):
    def __init__(self, inner: Writer, rig: Rig) -> None:
        self._inner, self._rig = inner, rig

    def write(self, writes: Sequence[Write]) -> WriteReport:
        table = writes[0].table
        self._rig.entered.add(table)
        if table in self._rig.held:
            assert self._rig.held[table].wait(PATIENCE)
        return self._inner.write(writes)

    def close(self) -> None:
        self._inner.close()


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    for event in made.held.values():
        event.set()
    made.pipeline.close()


def copies(*numbers: int, table: str = "t", value: str = "", deletes: bool = False) -> WriteRequest:
    writes = [delete(n, table) if deletes else put(n, value, table) for n in numbers]
    return WriteRequest(table, [write.body for write in writes], "segment 0", object(), deletes)


def changes(*writes: Write) -> WriteRequest:
    return WriteRequest.of(writes)


def test_copied_items_land_whole_and_with_the_bytes_of_their_bodies(rig: Rig) -> None:
    request = copies(1, 2, 3)
    rig.pipeline.send(request)
    (landed,) = rig.until_landed()
    assert landed == Landed(request, 3, sum(map(len, request.bodies)))
    assert rig.values() == ["v1", "v2", "v3"]


def test_keys_to_delete_are_deleted(rig: Rig) -> None:
    rig.pipeline.send(copies(1, 2, 3))
    rig.until_landed()
    rig.pipeline.send(copies(1, 3, deletes=True))
    rig.until_landed()
    assert rig.values() == ["v2"]


def test_changes_land_with_their_writes(rig: Rig) -> None:
    request = changes(put(1), delete(2))
    rig.pipeline.send(request)
    (landed,) = rig.until_landed()
    assert landed.writes == request.writes
    assert (landed.landed, landed.dead, landed.whole) == (2, 0, True)


def test_a_dead_letter_among_changes_lands_alone(rig: Rig) -> None:
    rig.refused["bad"] = 121
    writes = (put(1), put(2, "bad"), put(3), put(4, "bad"))
    request = changes(*writes)
    rig.pipeline.send(request)
    found = rig.until_landed()
    assert [[write.body for write in each.writes] for each in found] == [
        [writes[0].body, writes[2].body],
        [writes[1].body],
        [writes[3].body],
    ]
    assert [(each.landed, each.dead, each.whole) for each in found] == [
        (2, 0, False),
        (1, 1, False),
        (1, 1, True),
    ]
    assert [each.size for each in found] == [len(writes[0].body) + len(writes[2].body), 0, 0]
    assert [letter.write for letter in rig.letters.letters] == [writes[1], writes[3]]


def test_changes_that_are_all_dead_letters_land_one_by_one(rig: Rig) -> None:
    rig.refused["bad"] = 121
    rig.pipeline.send(changes(put(1, "bad"), put(2, "bad")))
    assert [(each.landed, each.dead, each.whole) for each in rig.until_landed()] == [
        (1, 1, False),
        (1, 1, True),
    ]


def test_dead_letters_among_copied_items_are_counted(rig: Rig) -> None:
    rig.refused["bad"] = 121
    request = copies(1, 2, value="bad")
    rig.pipeline.send(request)
    assert rig.until_landed() == [Landed(request, 2, 0, 2)]


def test_a_retry_stays_in_the_session_of_the_first_attempt(rig: Rig) -> None:
    def fail_once(bulk: FakeBulk) -> None:
        if len(rig.bulks) == 1:
            bulk.script.extend([TransientError("cut"), BulkAnswer([Refusal(0, 112, "conflict")])])

    rig.fault = fail_once
    sizes = (2, 3, 4, 5)
    for size in sizes:
        rig.pipeline.send(copies(*range(10 * size, 11 * size)))
    rig.until_landed()
    first, *others = rig.bulks[0].calls
    assert rig.bulks[0].calls[:3] == [first, first, ("t", 1)]
    elsewhere = [call for bulk in rig.bulks[1:] for call in bulk.calls]
    assert sorted([first, *others[2:], *elsewhere]) == [("t", size) for size in sizes]
    assert rig.pipeline.retries == 2


def test_requests_are_written_at_the_same_time_and_land_in_any_order(rig: Rig) -> None:
    rig.held = {"slow": threading.Event()}
    rig.pipeline.send(copies(1, table="slow"))
    rig.until_entered("slow")
    rig.pipeline.send(copies(2, table="fast"))
    (landed,) = until_some(rig)
    assert landed.request.table == "fast"
    assert len(rig.pipeline) == 1
    rig.held["slow"].set()
    (landed,) = rig.until_landed()
    assert landed.request.table == "slow"


def until_some(rig: Rig) -> List[Landed]:
    found: List[Landed] = []
    until = time.monotonic() + PATIENCE
    while not found:
        assert time.monotonic() < until
        found = rig.pipeline.landed(1.0)
    return found


def test_one_table_leaves_half_of_the_threads_to_the_others(rig: Rig) -> None:
    rig.held = {"slow": threading.Event()}
    for number in range(2):
        assert rig.pipeline.wait_for("slow", 0.0) == 0.0
        rig.pipeline.send(copies(number, table="slow"))
    assert rig.pipeline.wait_for("slow", 0.0) == NEVER
    assert rig.pipeline.wait_for("fast", 0.0) == 0.0
    rig.pipeline.send(copies(9, table="fast"))
    assert until_some(rig)[0].request.table == "fast"
    rig.held["slow"].set()
    rig.until_landed()
    assert rig.pipeline.wait_for("slow", 0.0) == 0.0


def test_no_more_requests_are_on_their_way_than_there_are_threads(rig: Rig) -> None:
    rig.held = {table: threading.Event() for table in ("a", "b")}
    for number in range(2):
        for table in rig.held:
            rig.pipeline.send(copies(number, table=table))
    assert rig.pipeline.wait_for("c", 0.0) == NEVER
    assert len(rig.pipeline) == 4


def test_a_single_thread_writes_every_table_in_turn() -> None:
    rig = Rig(threads=1)
    for number in range(5):
        assert rig.pipeline.wait_for("t", 0.0) == 0.0
        rig.pipeline.send(copies(number))
        rig.until_landed()
    assert len(rig.bulks) == 1
    rig.pipeline.close()


def test_threads_are_started_as_they_are_needed(rig: Rig) -> None:
    for number in range(20):
        rig.pipeline.send(copies(number))
        rig.until_landed()
    assert len(rig.bulks) == 1


def test_the_writes_of_a_collection_that_refuses_all_are_given_up_with_the_error(rig: Rig) -> None:
    rig.fault = lambda bulk: bulk.script.append(BulkAnswer([Refusal(0, 13, "not allowed")]))
    rig.pipeline.send(copies(1))
    (landed,) = rig.pipeline.landed(10.0)
    assert isinstance(landed.error, TableError)
    assert (landed.landed, landed.size, landed.dead, landed.whole) == (0, 0, 0, True)
    assert landed.error.kind is FaultKind.TARGET_DENIED
    assert "not allowed" in str(landed.error)
    assert len(rig.pipeline) == 0


@pytest.mark.parametrize(("code", "raised"), [(18, TerminalError), (8, TerminalError)])
def test_an_error_of_a_thread_is_raised_by_landed(rig: Rig, code: int, raised: type) -> None:
    rig.fault = lambda bulk: bulk.script.append(BulkAnswer([Refusal(0, code, "not allowed")]))
    rig.pipeline.send(copies(1))
    with pytest.raises(raised, match="not allowed"):
        rig.until_landed()


def test_a_writer_that_cannot_be_made_is_an_error_of_landed(rig: Rig) -> None:
    def fail(bulk: FakeBulk) -> None:
        raise TransientError("no server")

    rig.fault = fail
    rig.pipeline.send(copies(1))
    with pytest.raises(TransientError, match="no server"):
        rig.until_landed()


def test_landed_waits_no_longer_than_requested(rig: Rig) -> None:
    rig.held = {"slow": threading.Event()}
    rig.pipeline.send(copies(1, table="slow"))
    assert rig.pipeline.landed(0.0) == []
    assert rig.pipeline.landed(0.01) == []


def test_nothing_is_sent_again_after_the_pipeline_was_closed(rig: Rig) -> None:
    attempts = threading.Semaphore(0)

    class Cut(FakeBulk):
        def write(self, table: str, changes: Any) -> BulkAnswer:
            attempts.release()
            raise TransientError("cut")

    def never(before_attempt: BeforeAttempt, timing: Timing) -> Writer:
        rig.bulks.append(Cut())
        # The second attempt would come after a minute.
        policy = Policy(3600.0, 60.0, 60.0)
        return MongoWriter(
            rig.bulks[-1],
            Schemas(),
            Shape(),
            rig.letters,
            policy,
            before_attempt,
            timing._replace(random=lambda: 1.0),
        )

    pipeline = BulkPipeline(never, 2)
    pipeline.send(copies(1))
    assert attempts.acquire(timeout=PATIENCE)
    pipeline.close()
    assert rig.bulks[0].closed, "the thread has not ended its session"
    assert not attempts.acquire(blocking=False)


def test_a_closed_pipeline_has_no_write_in_flight_that_could_replace_what_the_next_run_writes(
    rig: Rig,
) -> None:
    rig.held = {"t": threading.Event()}
    rig.pipeline.send(copies(1, value="old"))
    rig.until_entered("t")
    threading.Timer(0.05, rig.held["t"].set).start()
    rig.pipeline.close()
    assert rig.bulks[0].closed
    assert not any(thread.is_alive() for thread in rig.pipeline._threads)


def test_a_server_that_does_not_answer_is_not_waited_for_longer_than_the_bound(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ENDING_SECONDS", 0.05)
    rig.held = {"t": threading.Event()}
    rig.pipeline.send(copies(1))
    rig.until_entered("t")
    rig.pipeline.close()
    assert rig.documents == {}


def test_a_tables_rate_is_kept_for_each_table() -> None:
    rig = Rig(limit_of=limits_by_table(10.0))
    rig.pipeline.send(copies(*range(40)))
    assert 2.0 < rig.pipeline.wait_for("t", 0.0) <= 3.0
    assert rig.pipeline.wait_for("u", 0.0) == 0.0
    rig.until_landed()
    rig.pipeline.close()


def test_a_request_holds_one_table(rig: Rig) -> None:
    assert not rig.pipeline.mixes("t")
