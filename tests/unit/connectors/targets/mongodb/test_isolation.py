"""A write that never gets through stops neither its table nor the job; an outage makes no dead letters."""

from __future__ import annotations

from typing import Any, List, Optional, Sequence

import bson
import pytest

from connectors.base.errors import TransientError
from connectors.targets.mongodb.bulk import BulkAnswer, BulkChange, Refusal
from connectors.targets.mongodb.faults import SUSPICIOUS, THROTTLES, TRANSIENTS, UnclearFault
from connectors.targets.mongodb.isolation import FEWEST_FAULTS, PassedWrites
from tests.fakes.bulk_writes import FakeBulk
from tests.unit.connectors.targets.mongodb.test_writer import Rig, delete, put

BOUND = 30.0
"""Of the rig."""


def rig_of(progress: Optional[PassedWrites] = None, may_repeat: bool = True) -> Rig:
    return Rig(progress=progress, may_repeat=may_repeat)


def value_of(change: BulkChange) -> Any:
    return bson.decode(change.document).get("v") if change.document else None


@pytest.mark.parametrize("code", sorted(SUSPICIOUS))
def test_a_write_that_is_always_refused_for_a_while_is_a_dead_letter_after_the_bound(code: int) -> None:
    rig = rig_of()
    rig.bulk.refused["bad"] = code
    started = rig.clock.now
    report = rig.writer.write([put(1), put(2, "bad"), put(3)])
    assert (report.written, report.dead) == (2, 1)
    assert rig.values() == ["v1", "v3"]
    (letter,) = rig.letters.letters
    assert letter.write.provenance == "segment 2"
    assert letter.reason.startswith(f"refused {code} (")
    assert letter.reason.endswith(" times, while other writes succeeded)")
    assert BOUND < rig.clock.now - started < 3 * BOUND


def test_a_delete_that_never_gets_through_is_a_dead_letter() -> None:
    rig = rig_of()
    rig.bulk.refused_deletes = 1
    assert rig.writer.write([put(1), delete(2), delete(3)]).dead == 2
    assert {letter.write.delete for letter in rig.letters.letters} == {True}
    assert rig.values() == ["v1"]


def test_a_write_that_gets_through_at_last_is_not_a_dead_letter() -> None:
    rig = rig_of()
    # Refused for nearly the bound; the write that is repeated gets through each time.
    for _ in range(FEWEST_FAULTS - 1):
        rig.bulk.script.extend([BulkAnswer([Refusal(0, 1, "internal error")]), BulkAnswer([])])
    rig.bulk.script.appendleft(BulkAnswer([Refusal(1, 1, "internal error")]))
    assert rig.writer.write([put(1), put(2)]).dead == 0
    assert rig.values() == ["v1", "v2"]


def test_a_few_failures_are_not_enough_however_long_they_take() -> None:
    """A server that hangs for a minute each time has been asked only a few times."""
    rig = rig_of()
    rig.bulk.refused["bad"] = 50

    class Slow(FakeBulk):
        def write(self, table: str, changes: Sequence[BulkChange]) -> BulkAnswer:
            if any(value_of(change) == "bad" for change in changes):
                rig.clock.sleep(BOUND / 2)
            return FakeBulk.write(rig.bulk, table, changes)

    rig.writer._bulk = Slow()
    assert rig.writer.write([put(1), put(2, "bad")]).dead == 1
    asked = rig.letters.letters[0].reason.split("(")[1].split()[0]
    assert int(asked) == FEWEST_FAULTS


def test_nothing_is_a_dead_letter_while_nothing_else_gets_through() -> None:
    """The server answers every write so: it is in trouble, and not the document."""
    rig = rig_of()
    rig.bulk.refused["bad"] = 1
    with pytest.raises(TransientError, match="no write got through for 30 s: 1 writes: refused 1"):
        rig.writer.write([put(1, "bad")])
    assert rig.letters.letters == []


def test_an_outage_that_begins_after_others_got_through_makes_no_dead_letter() -> None:
    rig = rig_of()
    rig.bulk.script.append(BulkAnswer([Refusal(1, 1, "internal error")]))
    rig.bulk.script.extend([BulkAnswer([Refusal(0, 1, "internal error")])] * 1000)
    with pytest.raises(TransientError, match="no write got through for 30 s"):
        rig.writer.write([put(1), put(2)])
    assert rig.letters.letters == []


def test_a_write_alone_in_its_request_is_compared_with_the_other_requests_of_its_table() -> None:
    progress = PassedWrites()
    rig = rig_of(progress)
    rig.bulk.refused["bad"] = 1
    pause = rig.clock.sleep

    def others_write(seconds: float) -> None:
        progress.add("t", 1)
        pause(seconds)

    rig.writer._timing = rig.writer._timing._replace(sleep=others_write)
    assert rig.writer.write([put(1, "bad")]).dead == 1


def others_pass(rig: Rig, progress: PassedWrites, table: str) -> None:
    """Another thread writes this table meanwhile."""
    pause = rig.clock.sleep

    def write(seconds: float) -> None:
        progress.add(table, 1)
        pause(seconds)

    rig.writer._timing = rig.writer._timing._replace(sleep=write)


def test_a_write_that_is_alone_in_its_table_is_compared_with_other_tables() -> None:
    progress = PassedWrites()
    rig = rig_of(progress)
    rig.bulk.refused["bad"] = 1
    others_pass(rig, progress, "another")
    assert rig.writer.write([put(1, "bad")]).dead == 1


def test_only_failures_since_another_write_got_through_count() -> None:
    """A trickle of other writes proves less than many of them, and needs more time."""
    progress = PassedWrites()
    rig = rig_of(progress)
    rig.bulk.refused["bad"] = 1
    started, pause = rig.clock.now, rig.clock.sleep
    passed: List[float] = [started]

    def write_seldom(seconds: float) -> None:
        if rig.clock.now - passed[-1] > 20.0:
            passed.append(rig.clock.now)
            progress.add("t", 1)
        pause(seconds)

    rig.writer._timing = rig.writer._timing._replace(sleep=write_seldom)
    assert rig.writer.write([put(1, "bad")]).dead == 1
    assert len(passed) - 1 == FEWEST_FAULTS


def test_other_tables_prove_nothing_while_more_of_the_writes_own_table_fails() -> None:
    progress = PassedWrites()
    rig = rig_of(progress)
    rig.bulk.refused["bad"] = 1
    others_pass(rig, progress, "another")
    with pytest.raises(TransientError, match="no write got through for 30 s"):
        rig.writer.write([put(1, "bad"), put(2, "bad")])
    with progress.writing("t"), pytest.raises(TransientError, match="no write got through for 30 s"):
        rig.writer.write([put(1, "bad")])
    assert rig.letters.letters == []


@pytest.mark.parametrize("code", sorted(TRANSIENTS - SUSPICIOUS - THROTTLES))
def test_the_state_of_a_server_is_never_a_documents_fault(code: int) -> None:
    """One shard of a collection may be down for long while the others accept writes."""
    rig = rig_of(PassedWrites())
    rig.bulk.refused["bad"] = code
    progress, pause = rig.writer._progress, rig.clock.sleep

    def others_write(seconds: float) -> None:
        progress.add("t", 1)
        pause(seconds)

    rig.writer._timing = rig.writer._timing._replace(sleep=others_write)
    with pytest.raises(TransientError, match="the same writes fail for 150 s: 1 writes"):
        rig.writer.write([put(1), put(2, "bad")])
    assert rig.letters.letters == []


@pytest.mark.parametrize("code", sorted(THROTTLES))
def test_a_write_that_is_throttled_for_very_long_is_written_in_the_end(code: int) -> None:
    progress = PassedWrites()
    rig = rig_of(progress)
    rig.bulk.refused["bad"] = code
    started, pause = rig.clock.now, rig.clock.sleep

    def others_write(seconds: float) -> None:
        progress.add("t", 1)
        pause(seconds)
        if rig.clock.now - started > 20 * BOUND:
            rig.bulk.refused.clear()

    rig.writer._timing = rig.writer._timing._replace(sleep=others_write)
    assert rig.writer.write([put(1), put(2, "bad")]).dead == 0
    assert rig.values() == ["bad", "v1"]


@pytest.mark.parametrize("places", [{0}, {250}, {499}, {7, 8}, {0, 123, 499}])
def test_a_document_at_which_the_server_closes_the_connection_is_found_among_500(places: set) -> None:  # type: ignore[type-arg]
    rig = rig_of()
    rig.bulk.breaks = lambda change: value_of(change) == "bad"
    report = rig.writer.write([put(n, "bad" if n in places else "") for n in range(500)])
    assert (report.written, report.dead) == (500 - len(places), len(places))
    assert [letter.write.provenance for letter in rig.letters.letters] == [
        f"segment {n}" for n in sorted(places)
    ]
    assert {letter.reason.split(" (")[0] for letter in rig.letters.letters} == {"connection closed"}
    assert len(rig.values()) == 500 - len(places)


def test_a_server_that_hangs_over_one_document_condemns_no_other_one_of_its_bulk_write() -> None:
    """To find it among 500 may take longer than the bound."""
    progress = PassedWrites()
    rig = rig_of(progress)
    others_pass(rig, progress, "t")

    def hangs(change: BulkChange) -> bool:
        bad = value_of(change) == "bad"
        if bad:
            rig.clock.sleep(BOUND / 2)
        return bad

    rig.bulk.breaks = hangs
    assert rig.writer.write([put(n, "bad" if n == 300 else "") for n in range(500)]).dead == 1


def test_the_other_documents_do_not_wait_for_the_bound() -> None:
    rig = rig_of()
    rig.bulk.breaks = lambda change: value_of(change) == "bad"
    started = rig.clock.now
    written: List[float] = []
    apply = rig.bulk._apply

    def noted(table: str, change: BulkChange) -> None:
        written.append(rig.clock.now - started)
        apply(table, change)

    rig.bulk._apply = noted  # type: ignore[method-assign]
    rig.writer.write([put(n, "bad" if n == 300 else "") for n in range(500)])
    assert sorted(written)[498] < BOUND / 3
    assert len([size for _, size in rig.bulk.calls if size > 1]) < 25, "a half is halved at once"


def test_a_delete_at_which_the_server_closes_the_connection_is_found() -> None:
    rig = rig_of()
    rig.bulk.breaks = lambda change: change.document is None
    assert rig.writer.write([put(1), delete(2), put(3)]).dead == 1
    assert rig.values() == ["v1", "v3"]


def test_a_server_that_closes_every_connection_is_an_outage() -> None:
    rig = rig_of()
    rig.bulk.breaks = lambda change: True
    with pytest.raises(TransientError, match="no write got through for 30 s"):
        rig.writer.write([put(n) for n in range(500)])
    assert rig.letters.letters == []
    assert len(rig.bulk.calls) < 100, "an outage must not turn a bulk write into hundreds of requests"


def test_a_connection_that_is_cut_a_few_times_divides_nothing() -> None:
    rig = rig_of()
    rig.bulk.script.extend([UnclearFault("cut", "cut")] * 3)
    assert rig.writer.write([put(n) for n in range(500)]).written == 500
    assert rig.bulk.calls == [("t", 500)] * 4


def test_a_check_that_repairs_writes_nothing_twice() -> None:
    """Between its two writes of a key the forward job may write a newer value."""
    rig = rig_of(may_repeat=False)
    rig.bulk.refused["bad"] = 1
    with pytest.raises(TransientError):
        rig.writer.write([put(1), put(2, "bad")])
    assert rig.bulk.calls[0] == ("t", 2)
    assert set(rig.bulk.calls[1:]) == {("t", 1)}
    assert rig.values() == ["v1"]
    applied = [call for call in rig.bulk.calls if call == ("t", 2)]
    assert len(applied) == 1


def test_a_pipeline_that_is_closed_repeats_nothing() -> None:
    stops: List[int] = []

    def before_attempt() -> None:
        stops.append(1)
        if len(stops) > 3:
            raise TransientError("the job is stopping")

    rig = Rig(before_attempt=before_attempt, may_repeat=True)
    rig.bulk.refused["bad"] = 1
    with pytest.raises(TransientError, match="the job is stopping"):
        rig.writer.write([put(1), put(2, "bad")])
    assert len(rig.bulk.calls) == 3
