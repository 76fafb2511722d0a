from __future__ import annotations

import random
from typing import List

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.engine.flink.completion import Completion, suspended_in
from connectors.model.notices import Plan, PlannedTable, encode
from tests.fakes.notices import done, plan, released, resumed, suspended

PLAN = plan("a b", "c", parts=4)
DONE = [done(slot, table, segments=slot + 1) for slot in (0, 2) for table in ("a b", "c")]


@settings(deadline=None)
@given(st.integers(0, 10**6))
def test_a_job_is_done_with_the_last_notice_of_all_in_whatever_order(seed: int) -> None:
    texts: List[str] = [PLAN, *DONE, *random.Random(seed).sample(DONE, 3)]
    random.Random(seed).shuffle(texts)
    completion = Completion(scan=True)
    told = [completion.take(text) for text in texts]
    last = max(texts.index(text) for text in (PLAN, *DONE))
    assert told == [place >= last for place in range(len(texts))]


def test_tables_outside_the_plan_are_not_waited_for_and_do_not_count() -> None:
    completion = Completion(scan=True)
    assert not completion.take(done(0, "other"))
    assert not completion.take(plan("t"))
    assert completion.take(done(0, "t"))


def test_without_a_scan_the_plan_is_the_end() -> None:
    completion = Completion(scan=False)
    assert not completion.complete
    assert completion.take(plan("t"))


def test_a_slot_that_was_given_more_segments_reports_their_new_number() -> None:
    completion = Completion(scan=True)
    assert not completion.take(plan("t", parts=3))
    assert not completion.take(done(0, "t", segments=1))
    assert not completion.take(done(0, "t", segments=1))
    assert not completion.take(done(1, "t", segments=1))
    assert completion.take(done(0, "t", segments=2))


def test_segments_of_an_older_generation_do_not_count() -> None:
    completion = Completion(scan=True)
    assert not completion.take(plan("t", parts=2))
    assert not completion.take(done(0, "t", segments=1))
    assert not completion.take(done(1, "t", generation=2, segments=1))
    assert completion.take(done(0, "t", generation=2, segments=1))


def test_a_suspended_table_is_not_waited_for_and_is_named_in_the_result() -> None:
    completion = Completion(scan=True)
    assert not completion.take(plan("t", "u", parts=2))
    assert not completion.take(done(0, "t", segments=2))
    assert completion.take(suspended("u", "u is suspended"))
    assert completion.suspended == {"u": "u is suspended"}
    assert suspended_in(completion.word) == ["u is suspended"]


def test_a_table_that_goes_on_is_waited_for() -> None:
    completion = Completion(scan=True)
    assert not completion.take(suspended("t", "t is suspended"))
    assert completion.take(plan("t"))
    assert not completion.take(resumed("t"))
    assert completion.take(done(0, "t"))
    assert suspended_in(completion.word) == []


def test_a_released_table_is_not_waited_for() -> None:
    completion = Completion(scan=True)
    assert not completion.take(released("b"))
    assert not completion.take(plan("a", "b"))
    assert not completion.take(done(0, "a"))
    assert completion.take(released("b"))
    assert suspended_in(completion.word) == []


def test_a_table_that_goes_on_before_its_segments_were_ordered_is_waited_for_until_they_are_done() -> None:
    completion = Completion(scan=True)
    completion.take(suspended("b", "why"))
    both = encode(Plan([PlannedTable("a", 1), PlannedTable("b", 0)]))
    assert not completion.take(both)
    assert not completion.take(resumed("b"))
    assert not completion.take(done(0, "a"))
    assert not completion.take(plan("a", "b"))
    assert completion.take(done(0, "b"))
