import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.traffic.pacer import BACKLOG, Pacer


def test_ops_are_evenly_spaced_if_all_are_on_time() -> None:
    pacer = Pacer(rate=10, start=100)
    assert [pacer.slot(100) for _ in range(4)] == pytest.approx([100, 100.1, 100.2, 100.3])


@given(st.floats(1, 1e4), st.lists(st.floats(0, 5), max_size=50))
def test_no_second_gets_more_than_the_rate_and_the_backlog_of_one_second(rate: float, waits: list) -> None:  # type: ignore[type-arg]
    pacer, now, taken = Pacer(rate, start=0), 0.0, []
    for wait in waits:
        now = max(now + wait, pacer.slot(now + wait))
        taken.append(now)
    for first in taken:
        assert sum(first <= each < first + 1 for each in taken) <= rate * (1 + BACKLOG) + 2


def test_a_long_stall_does_not_cause_a_burst() -> None:
    pacer = Pacer(rate=100, start=0)
    late = [pacer.slot(1000) for _ in range(300)]
    assert sum(due <= 1000 for due in late) == pytest.approx(100 * BACKLOG, abs=1)


def test_a_rate_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="rate"):
        Pacer(0, 0)
