from __future__ import annotations

import random
from typing import List

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.engine.flink.completion import Completion
from tests.fakes.notices import done, plan

PLAN = plan("a b", "c")
DONE = [done(lane, table) for lane in range(3) for table in ("a b", "c")]


@settings(deadline=None)
@given(st.integers(0, 10**6))
def test_a_job_is_done_with_the_last_notice_of_all_in_whatever_order(seed: int) -> None:
    texts: List[str] = [PLAN, *DONE, *random.Random(seed).sample(DONE, 3)]
    random.Random(seed).shuffle(texts)
    completion = Completion(3, scan=True)
    told = [completion.take(text) for text in texts]
    last = max(texts.index(text) for text in (PLAN, *DONE))
    assert told == [place >= last for place in range(len(texts))]


def test_tables_outside_the_plan_are_not_waited_for_and_do_not_count() -> None:
    completion = Completion(1, scan=True)
    assert not completion.take(done(0, "other"))
    assert not completion.take(plan("t"))
    assert completion.take(done(0, "t"))


def test_without_a_scan_the_plan_is_the_end() -> None:
    completion = Completion(4, scan=False)
    assert not completion.complete
    assert completion.take(plan("t"))
