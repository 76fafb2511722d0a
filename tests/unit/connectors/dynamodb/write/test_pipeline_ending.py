"""What was sent, but is not wanted any more: after a new replication session began, and at the end."""

from __future__ import annotations

from connectors.model.pipeline import Landed
from tests.fakes.dynamodb import invalid, throttled
from tests.unit.connectors.dynamodb.write.test_pipeline_rules import Rig


def test_what_waits_for_another_attempt_is_dropped_at_once_and_leaves_its_window() -> None:
    rig = Rig()
    rig.service.faults["A"] = throttled
    request = rig.send(("A", "1"), ("A", "2"))
    rig.pipeline.landed(0.0)
    rig.pipeline.drop()
    rig.service.faults.clear()
    rig.run(30)
    assert rig.found == [Landed(request, 0, 0, 0, True, request.writes)]
    assert len(rig.service.requests) == 1
    assert (len(rig.pipeline), rig.outstanding("A")) == (0, 0)


def test_what_is_in_flight_lands_with_its_answer_whatever_it_is() -> None:
    rig = Rig()
    rig.service.faults["A"] = invalid
    request = rig.send(("A", "1"), ("A", "2"))
    rig.pipeline.drop()
    assert len(rig.pipeline) == 1
    rig.run(30)
    assert [(each.request, each.landed, each.whole) for each in rig.found] == [(request, 0, True)]
    assert (rig.dead.letters, len(rig.service.requests)) == ([], 1)


def test_what_is_sent_after_a_drop_is_written_as_ever() -> None:
    rig = Rig()
    rig.send(("A", "1"))
    rig.pipeline.drop()
    rig.send(("A", "2"))
    rig.run(1)
    assert [each.landed for each in rig.found] == [0, 1]


def test_at_the_end_what_is_answered_still_lands_and_nothing_more_is_sent() -> None:
    rig = Rig()
    rig.service.faults["B"] = throttled
    rig.send(("A", "1"))
    rig.send(("B", "1"))
    found = rig.pipeline.last_landed(2.0)
    assert [[(write.table, each.landed) for write in each.writes] for each in found] == [[("A", 1)]]
    rig.service.faults.clear()
    rig.clock.now += 100
    assert rig.pipeline.landed(0.0) == []
    assert len(rig.service.requests) == 2
