"""The rules of the pipeline over BatchWriteItem, against a service that answers each table in its own way."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base.errors import TerminalError, TransientError
from connectors.dynamodb.limits import Limit
from connectors.dynamodb.retry import Policy
from connectors.dynamodb.write import pipeline
from connectors.model.dead_letters import DeadLetter
from connectors.model.pipeline import NEVER, WriteRequest
from connectors.model.writes import Write
from tests.fakes.clock import FakeClock
from tests.fakes.deadletters import FakeDeadLetters
from tests.fakes.dynamodb import invalid, throttled, unavailable
from tests.harness.depth import examples
from tests.unit.connectors.dynamodb.write.pipeline_rig import Key, Others, Rig, cut, only

# -- rules 1 to 3 --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["a fault", "leftovers"])
def test_a_table_that_is_throttled_forever_does_not_delay_one_that_was_sent_with_it(by: str) -> None:
    rig = Rig(in_flight=8)
    if by == "a fault":
        rig.service.faults["A"] = throttled
    else:
        rig.service.sheds = ["A"]
    for number in range(8):
        rig.send(("A", str(number)), ("B", str(number)))
    rig.run(2)
    assert [table for table, _ in rig.landed] == ["B"] * 8
    assert (rig.outstanding("A"), rig.outstanding("B")) == (8, 0)
    assert rig.pipeline.wait_for("A", rig.clock.now) == NEVER
    assert rig.pipeline.wait_for("B", rig.clock.now) == 0.0
    rig.service.faults, rig.service.sheds = {}, []
    rig.run(10)
    assert (len(rig.pipeline), rig.outstanding("A")) == (0, 0)


def test_a_table_shares_no_requests_while_it_is_throttled_and_some_time_afterwards() -> None:
    rig = Rig(in_flight=8, deadline=100)
    rig.service.faults["A"] = throttled
    rig.send(("A", "1"))
    for _ in range(30):
        rig.run(1)
        assert not rig.pipeline.mixes("A")
        assert rig.pipeline.mixes("B")
    rig.service.faults = {}
    rig.run(5)
    assert not rig.pipeline.mixes("A")
    rig.run(15)
    assert rig.pipeline.mixes("A")


def test_a_request_that_waits_to_be_sent_again_counts_in_its_tables_window() -> None:
    rig = Rig(in_flight=2)
    rig.service.faults["A"] = unavailable
    rig.send(("A", "1"))
    rig.send(("A", "2"))
    rig.run(0.1)
    assert len(rig.service) == 0
    assert rig.pipeline.wait_for("A", rig.clock.now) == NEVER
    assert rig.pipeline.wait_for("B", rig.clock.now) == 0.0


def test_retries_do_not_pass_the_limit_of_requests_in_flight() -> None:
    rig = Rig(in_flight=3)
    rig.service.faults["A"] = unavailable
    for number in range(3):
        rig.send(("A", str(number)))
    rig.run(0.05)
    for number in range(3):
        rig.send(("B", str(number)))
    rig.clock.now += 10
    rig.pipeline._retry()
    assert len(rig.service) == 3
    assert rig.pipeline.wait_for("C", rig.clock.now) == NEVER


def test_waiting_for_responses_ends_when_a_retry_is_due() -> None:
    rig = Rig()
    rig.service.faults["A"] = unavailable
    rig.send(("A", "1"))
    rig.pipeline.landed(0.0)
    before = rig.clock.now
    rig.pipeline.landed(10.0)
    assert 0 < rig.clock.now - before < 1


def test_copied_items_that_were_sent_again_land_without_an_object_for_each() -> None:
    rig = Rig()
    rig.service.faults["A"] = throttled
    request = rig.send(("A", "1"), ("A", "2"), copies=True)
    rig.run(1)
    rig.service.faults = {}
    rig.run(10)
    assert [(each.request, each.landed, each.writes) for each in rig.found] == [(request, 2, ())]


def test_retries_keep_to_the_rate_of_their_table() -> None:
    clock = FakeClock()
    limit = Limit(0.1, clock.timing())
    rig = Rig(limit_of=lambda table: limit if table == "A" else None, deadline=1000)
    rig.clock.now = clock.now
    rig.service.faults["A"] = unavailable
    rig.send(("A", "1"))

    def pass_time() -> None:
        clock.now = rig.clock.now

    rig.run(60, pass_time)
    assert 5 <= len(rig.service.requests) <= 8


def test_after_a_request_that_cannot_be_sent_its_answer_is_taken_first() -> None:
    """Each may fail as slowly: the pipeline's user must not be held up by one after another."""
    rig = Rig()
    rig.service.connects = False
    rig.send(("A", "1"))
    assert rig.pipeline.wait_for("A", rig.clock.now) == NEVER
    assert rig.pipeline.wait_for("B", rig.clock.now) == NEVER
    rig.pipeline.landed(0.0)
    assert rig.pipeline.wait_for("B", rig.clock.now) == 0.0
    rig.send(("B", "1"))
    rig.pipeline.landed(0.0)
    rig.clock.now += 1
    before = len(rig.service.requests)
    rig.pipeline.landed(0.0)
    assert len(rig.service.requests) == before + 1


# -- rules 4 to 6 --------------------------------------------------------------------------------------------


def test_a_write_that_keeps_failing_while_others_of_its_table_get_through_is_a_dead_letter() -> None:
    rig = Rig(deadline=30)
    rig.service.rule = only(("A", "1"), unavailable)
    rig.send(("A", "1"))
    rig.run(29, Others(rig, "A"))
    assert rig.dead.letters == []
    rig.run(10, Others(rig, "A"))
    (letter,) = rig.dead.letters
    assert "InternalServerError" in letter.reason
    assert ("A", "1") in rig.landed


@pytest.mark.parametrize("deadline", [20, 25, 30])
def test_a_write_that_is_alone_in_its_table_is_a_dead_letter_if_other_tables_get_through(
    deadline: float,
) -> None:
    rig = Rig(deadline)
    rig.service.rule = only(("A", "1"), unavailable)
    rig.send(("A", "1"))
    rig.run(deadline, Others(rig, "B"))
    assert rig.dead.letters == []
    rig.run(8, Others(rig, "B"))
    assert len(rig.dead.letters) == 1


@pytest.mark.parametrize("deadline", [20, 25, 30])
@pytest.mark.parametrize("requests", [[20], [2], [1, 1]])
def test_a_table_of_which_every_write_fails_restarts_the_job_whatever_other_tables_do(
    requests: List[int], deadline: float
) -> None:
    rig = Rig(deadline)
    rig.service.faults["A"] = unavailable
    numbers = iter(range(100))
    for count in requests:
        rig.send(*(("A", str(next(numbers))) for _ in range(count)))
    with pytest.raises(TransientError, match=rf"no write got through for {deadline} s: .* table A"):
        rig.run(60, Others(rig, "B"))
    assert rig.dead.letters == []


def test_an_outage_makes_no_dead_letters() -> None:
    """Not even when other tables are written to for the first time meanwhile."""
    rig = Rig(deadline=30)
    rig.send(("B", "0"))
    rig.run(1)
    for table in "ABC":
        rig.service.faults[table] = unavailable
    rig.send(("A", "1"))
    rig.run(20)
    rig.send(("B", "1"))
    rig.send(("C", "1"))
    with pytest.raises(TransientError, match="for 30 s: 1 writes to table A, the first from entry 1"):
        rig.run(60)
    assert rig.dead.letters == []


def test_a_write_that_was_throttled_for_long_is_no_dead_letter_after_one_5xx() -> None:
    rig = Rig(deadline=30)
    rig.service.rule = only(("A", "1"), throttled)
    rig.send(("A", "1"))
    rig.run(100, Others(rig, "A"))
    rig.service.rule = only(("A", "1"), unavailable)
    rig.run(20, Others(rig, "A"))
    assert rig.dead.letters == []
    rig.service.rule = lambda keys: None
    rig.run(10)
    assert ("A", "1") in rig.landed
    assert (len(rig.pipeline), rig.outstanding("A")) == (0, 0)


def test_two_5xx_with_minutes_of_throttling_between_make_no_dead_letter() -> None:
    rig = Rig(deadline=30)
    rig.send(("A", "1"))
    for fault in (unavailable, throttled, unavailable):
        rig.service.rule = only(("A", "1"), fault)
        rig.run(0.1 if fault is unavailable else 60, Others(rig, "A"))
    rig.run(4, Others(rig, "A"))
    assert rig.dead.letters == []


def test_a_table_that_takes_a_write_now_and_then_is_slow_but_not_given_up() -> None:
    rig = Rig(deadline=30)
    left = [str(number) for number in range(5)]
    rig.service.rule = lambda keys: None if all(number not in left for _, number in keys) else throttled()
    for number in left:
        rig.send(("A", number))
    while left:
        rig.run(25)
        left.pop()
    rig.run(10)
    assert rig.landed == [("A", str(number)) for number in range(5)]


def test_a_table_that_is_throttled_for_the_bound_restarts_the_job_with_advice() -> None:
    rig = Rig(deadline=30)
    rig.service.faults["A"] = throttled
    rig.send(("A", "1"))
    with pytest.raises(TransientError, match="Raise the table's write capacity"):
        rig.run(60, Others(rig, "B"))
    assert rig.clock.now <= 1000 + 36


def test_the_bound_of_a_table_begins_when_its_first_write_is_sent() -> None:
    rig = Rig(deadline=30)
    rig.send(("A", "0"))
    rig.run(1000)
    rig.service.faults["A"] = throttled
    rig.send(("A", "1"))
    rig.run(25)


@pytest.mark.parametrize("writes", [1, 2])
def test_a_request_that_cuts_every_connection_restarts_the_job_in_the_end(writes: int) -> None:
    rig = Rig(deadline=10)
    rig.service.rule = only(("A", "1"), cut)
    rig.send(*[("A", "1"), ("A", "2")][:writes])
    with pytest.raises(TransientError, match=f"the same writes fail for 50 s: {writes} writes to table A"):
        rig.run(100, Others(rig, "A"))
    assert rig.clock.now >= 1000 + 50
    assert rig.dead.letters == []


def test_refused_items_are_a_sign_that_the_table_accepts_writes() -> None:
    rig = Rig(deadline=10)
    numbers = Others(rig, "A")
    rig.service.rule = lambda keys: unavailable() if ("A", "1") in keys else invalid()
    rig.send(("A", "1"))
    rig.run(40, numbers)
    assert {letter.write.provenance for letter in rig.dead.letters}.isdisjoint({"entry 1"})


def test_a_dead_letter_is_stored_before_it_lands() -> None:
    class Failing(FakeDeadLetters):
        def add(self, letters: Any) -> None:
            assert letters
            raise TerminalError("disk full")

    rig = Rig()
    rig.service.rule = lambda keys: invalid()
    rig.pipeline._letters = Failing()
    rig.send(("A", "1"))
    with pytest.raises(TerminalError, match="disk full"):
        rig.pipeline.landed(0.0)
    assert rig.pipeline._landed == []
    assert len(rig.pipeline) == 1


def test_dead_letters_that_are_found_together_are_stored_together() -> None:
    rig = Rig()
    rig.service.rule = lambda keys: invalid()
    calls: List[int] = []

    class Counting(FakeDeadLetters):
        def add(self, letters: Any) -> None:
            calls.append(len(letters))

    rig.pipeline._letters = Counting()
    rig.send(*(("A", str(number)) for number in range(20)))
    rig.run(0.01)
    assert calls == [20]
    assert [(each.landed, each.dead, len(each.writes)) for each in rig.found] == [(1, 1, 1)] * 20


# -- any mixture ---------------------------------------------------------------------------------------------

KINDS = st.sampled_from(["ok", "ok", "throttled", "5xx", "cut", "shed"])


@settings(max_examples=examples(300), deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 99)), min_size=1, max_size=24), max_size=12
    ),
    st.lists(KINDS, max_size=60),
    st.sets(st.integers(0, 99), max_size=5),
    st.integers(1, 6),
    st.booleans(),
)
def test_every_write_lands_once_and_nothing_stays_outstanding(
    drawn: List[List[Tuple[str, int]]], script: List[str], poison: List[int], in_flight: int, copies: bool
) -> None:
    rig = Rig(in_flight=in_flight, deadline=1000)
    answers = iter(script)
    seen: Dict[Key, None] = {}
    waiting: List[List[Key]] = []
    for keys in drawn:
        fresh = [(table, str(number)) for table, number in dict.fromkeys(keys)]
        fresh = [key for key in fresh if key not in seen and (not copies or key[0] == fresh[0][0])]
        seen.update(dict.fromkeys(fresh))
        waiting += [fresh] if fresh else []

    def rule(keys: List[Key]) -> Optional[Exception]:
        kind = next(answers, "ok")
        rig.service.sheds = ["A", "B"] if kind == "shed" else []
        faults = {"throttled": throttled, "5xx": unavailable, "cut": cut}
        if kind in faults:
            return faults[kind]()
        return invalid() if any(int(number) in poison for _, number in keys) else None

    rig.service.rule = rule
    sent: List[WriteRequest] = []
    while waiting or len(rig.pipeline):
        if waiting and not any(rig.pipeline.wait_for(table, rig.clock.now) for table, _ in waiting[0]):
            sent.append(rig.send(*waiting.pop(0), copies=copies))
            assert len(rig.service) <= in_flight
        for table in "ABC":
            held = [each for each in sent if any(w.table == table for w in each.writes)]
            assert rig.outstanding(table) <= len(held)
        rig.clock.now += 0.01
        rig.found += rig.pipeline.landed(0.02)
    assert [rig.outstanding(table) for table in "ABC"] == [0, 0, 0]
    assert all(rig.pipeline._windows.of(table).waiting_since is None for table in "ABC")
    assert set(rig.service.written) == {key for key in seen if int(key[1]) not in poison}
    assert sum(each.landed for each in rig.found) == len(seen)
    assert (
        sum(each.dead for each in rig.found) == len(rig.dead.letters) == len(seen) - len(rig.service.written)
    )
    for request in sent:
        parts = [each for each in rig.found if each.request is request]
        assert sum(part.landed for part in parts) == len(request)
        assert [part.whole for part in parts] == [False] * (len(parts) - 1) + [True]
    if not copies:
        assert rig.landed == sorted(seen)


def test_the_fewest_faults_are_fewer_than_the_attempts_within_the_bound() -> None:
    policy, at, attempts = Policy(), 0.0, 0
    while at < policy.deadline:
        at += policy.pause(attempts, lambda: 1.0)
        attempts += 1
    assert attempts > pipeline.FEWEST_FAULTS


def test_a_write_keeps_its_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """The outbox knows a change by its object."""
    rig = Rig()
    rig.service.rule = only(("A", "2"), invalid)
    request = rig.send(("A", "1"), ("A", "2"))
    rig.run(0.1)
    landed: List[Write] = [write for each in rig.found for write in each.writes]
    assert {id(write) for write in landed} == {id(write) for write in request.writes}
    letter: DeadLetter = rig.dead.letters[0]
    assert letter.write is request.writes[1]
