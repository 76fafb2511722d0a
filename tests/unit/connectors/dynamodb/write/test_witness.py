"""A single write gets 5xx while nothing else is written: a witness shows whether the target is at fault."""

from __future__ import annotations

from typing import List

import pytest

from connectors.base.errors import TransientError
from connectors.dynamodb.write import pipeline
from connectors.model.origin import Marker
from connectors.model.pipeline import WriteRequest
from tests.fakes.dynamodb import invalid, unavailable
from tests.unit.connectors.dynamodb.write.pipeline_rig import Rig, only
from tests.unit.connectors.dynamodb.write.test_writer import put


@pytest.mark.parametrize("poisoned", [["1"], ["1", "2"]])
def test_the_last_items_of_a_copy_are_dead_letters_although_nothing_else_is_written(
    poisoned: List[str],
) -> None:
    rig = Rig(deadline=30)
    rig.service.rule = lambda keys: unavailable() if any(key in poisoned for _, key in keys) else None
    request = rig.send(*(("A", str(number)) for number in range(25)), copies=True)
    rig.run(29)
    assert rig.dead.letters == []
    rig.run(31)
    assert len(rig.dead.letters) == len(poisoned)
    assert [(each.request, each.whole) for each in rig.found][-1] == (request, True)
    assert sum(each.landed for each in rig.found) == 25
    assert len(rig.pipeline) == len(rig.service) == 0


def test_a_single_change_is_a_dead_letter_if_the_mark_alone_gets_through() -> None:
    rig = Rig(deadline=30, marker=Marker(0, False))
    rig.service.rule = only(("A", "1"), unavailable)
    rig.pipeline.send(WriteRequest.of((put(1, "v", "A")._replace(change=True),)))
    rig.run(45)
    assert len(rig.dead.letters) == 1
    alone = [keys for keys in rig.service.requests if [table for table, _ in keys] == ["polarshake_origin"]]
    assert len(alone) >= pipeline.FEWEST_FAULTS - 1


def test_two_changes_that_fail_restart_the_job_although_a_mark_would_get_through() -> None:
    """A mark says nothing about their table."""
    rig = Rig(deadline=20, marker=Marker(0, False))
    rig.service.faults["A"] = unavailable
    for number in (1, 2):
        rig.pipeline.send(WriteRequest.of((put(number, "v", "A")._replace(change=True),)))
    with pytest.raises(TransientError, match="no write got through"):
        rig.run(60)
    assert rig.dead.letters == []


def test_a_witness_that_is_refused_itself_is_replaced_by_another() -> None:
    rig = Rig(deadline=30)
    faults = {"1": unavailable(), "2": invalid()}
    rig.service.rule = lambda keys: next((faults[key] for _, key in keys if key in faults), None)
    rig.send(("A", "2"), ("A", "1"), ("A", "3"), copies=True)
    rig.run(90)
    assert len(rig.dead.letters) == 2


def test_a_witness_is_never_the_write_that_fails() -> None:
    rig = Rig(deadline=30)
    rig.service.rule = only(("A", "1"), unavailable)
    rig.send(("A", "1"), ("A", "2"), ("A", "3"), copies=True)
    rig.run(60)
    first = rig.service.requests.index([("A", "1")])
    assert rig.service.requests[first : first + 6 : 2] == [[("A", "1")]] * 3
    assert [("A", "1")] not in rig.service.requests[first + 1 : first + 6 : 2]


def test_no_witness_is_sent_while_another_request_is_in_flight() -> None:
    rig = Rig(deadline=30)
    rig.service.rule = only(("A", "1"), unavailable)
    rig.send(("A", "1"), ("A", "2"), copies=True)
    rig.run(5)  # divided by now
    while len(rig.service):
        rig.pipeline.landed(0.0)
    rig.clock.now += 10
    rig.pipeline._retry()
    rig.send(("B", "1"))
    tag, answer = rig.service.next_response(0.0) or (None, None)
    rig.pipeline._answered(tag, answer)  # type: ignore[arg-type]
    assert rig.service.requests[-1] == [("B", "1")]


def test_a_write_that_was_dropped_while_its_witness_is_in_flight_is_not_sent_again() -> None:
    rig = Rig(deadline=30, marker=Marker(0, False))
    rig.service.rule = only(("A", "1"), unavailable)
    request = WriteRequest.of((put(1, "v", "A")._replace(change=True),))
    rig.pipeline.send(request)
    while rig.service.requests[-1] != [("polarshake_origin", "0-2")]:
        tag, answer = rig.service.next_response(0.0) or (None, None)
        rig.pipeline._answered(tag, answer)  # type: ignore[arg-type]
    rig.pipeline.drop()
    before = len(rig.service.requests)
    rig.run(20)
    assert [(each.request, each.landed) for each in rig.found] == [(request, 0)]
    assert len(rig.service.requests) == before


def test_a_page_of_which_no_item_gets_through_restarts_the_job() -> None:
    rig = Rig(deadline=20)
    rig.service.faults["A"] = unavailable
    rig.send(*(("A", str(number)) for number in range(25)), copies=True)
    with pytest.raises(TransientError, match="no write got through"):
        rig.run(60)
    assert rig.dead.letters == []


def test_an_attempt_waits_for_its_witness_which_could_otherwise_be_applied_late() -> None:
    rig = Rig(deadline=30)
    rig.service.rule = only(("A", "1"), unavailable)
    rig.send(("A", "1"), ("A", "2"), copies=True)
    for _ in range(2000):
        rig.clock.now += 0.02
        rig.pipeline.landed(0.0)
        assert len(rig.service) <= 1, "an attempt and a witness were in flight at once"
    assert len(rig.dead.letters) == 1
