from __future__ import annotations

import os
from typing import Dict, List

import pytest

from bench.measure import Meter
from bench.processes import Process, family, label, peak_rss, pss


def process(
    pid: int, parent: int, own: float, reaped: float = 0.0, rss: int = 0, started: int = 1
) -> Process:
    return Process((pid, started), parent, own, reaped, rss)


class Kernel:
    """Shows one list of processes after the other, the last one forever."""

    def __init__(self, *samples: List[Process]) -> None:
        self._samples = list(samples)

    def read(self) -> List[Process]:
        return self._samples.pop(0) if len(self._samples) > 1 else self._samples[0]


def totals(roots: List[int], *samples: List[Process]) -> List[float]:
    meter = Meter(roots, Kernel(*samples).read, lambda pid: 0)
    return [meter.sample() for _ in samples]


def test_the_family_is_the_roots_with_all_that_descend_from_them() -> None:
    every = [
        process(1, 0, 9.0),
        process(10, 1, 1.0),
        process(11, 10, 1.0),
        process(12, 11, 1.0),
        process(20, 1, 1.0),
    ]
    assert sorted(each.identity[0] for each in family(every, [10])) == [10, 11, 12]


def test_processes_outside_the_trees_do_not_count() -> None:
    assert totals([10], [process(1, 0, 50.0), process(10, 1, 2.0), process(20, 1, 7.0)]) == [2.0]


def test_a_child_that_ended_counts_once_through_its_parent() -> None:
    before = [process(10, 1, 1.0), process(11, 10, 5.0)]
    after = [process(10, 1, 1.0, reaped=6.0)]
    assert totals([10], before, after) == [6.0, 7.0]


def test_a_child_that_lived_between_two_samples_counts_through_its_parent() -> None:
    assert totals([10], [process(10, 1, 1.0)], [process(10, 1, 1.0, reaped=3.0)]) == [1.0, 4.0]


def test_a_child_that_ends_while_the_processes_are_read_is_not_lost() -> None:
    kernel = Kernel(
        [process(10, 1, 1.0), process(11, 10, 5.0)],
        [process(10, 1, 1.0)],  # the parent as it was before it waited, the child as it was after
        [process(10, 1, 1.0, reaped=6.0)],
    )
    meter = Meter([10], kernel.read, lambda pid: 0)
    assert [meter.sample(), meter.sample()] == [6.0, 7.0]


def test_a_root_that_ended_keeps_what_was_last_seen_of_it() -> None:
    before = [process(10, 1, 2.0), process(20, 1, 1.0)]
    assert totals([10, 20], before, [process(20, 1, 4.0)]) == [3.0, 6.0]


def test_an_orphan_is_followed_after_its_parent_was_killed() -> None:
    before = [process(10, 1, 2.0), process(11, 10, 1.0)]
    after = [process(1, 0, 0.0), process(11, 1, 8.0)]
    assert totals([10], before, after) == [3.0, 10.0]


def test_a_pid_that_came_back_as_another_process_is_not_mistaken_for_the_first() -> None:
    before = [process(10, 1, 2.0), process(11, 10, 1.0)]
    after = [process(10, 1, 2.0, reaped=1.0), process(11, 1, 90.0, started=2)]
    assert totals([10], before, after) == [3.0, 3.0]


def test_the_peak_is_that_of_the_sum_at_one_moment() -> None:
    kernel = Kernel(
        [process(10, 1, 0.0, rss=100), process(11, 10, 0.0, rss=50)],
        [process(10, 1, 0.0, rss=120)],
    )
    peaks: Dict[int, int] = {10: 130, 11: 60}
    meter = Meter([10], kernel.read, peaks.__getitem__)
    meter.sample()
    meter.sample()
    assert (meter.peak_rss_sum, meter.peak_rss_single, meter.processes) == (150, 130, 2)


def test_shared_pages_are_weighed_at_the_moment_when_all_together_are_largest() -> None:
    kernel = Kernel(
        [process(10, 1, 0.0)],
        [process(10, 1, 0.0), process(12, 10, 0.0)],
        [process(10, 1, 0.0)],
    )
    weights: Dict[int, int] = {10: 70, 12: 40}
    meter = Meter([10], kernel.read, lambda pid: 0, weights.__getitem__, lambda pid: "java")
    for _ in range(3):
        meter.sample()
        meter.weigh()
    assert (meter.peak_pss_sum, meter.heaviest) == (110, {"java (10)": 70, "java (12)": 40})


def test_the_kernel_divides_this_process_and_names_it() -> None:
    assert 0 < pss(os.getpid()) <= 1.1 * peak_rss(os.getpid())
    assert label(os.getpid()).startswith("python")
    assert (pss(2**30), label(2**30)) == (0, "?")


@pytest.mark.parametrize("roots", [[], [99]])
def test_nothing_to_follow_uses_nothing(roots: List[int]) -> None:
    assert totals(roots, [process(10, 1, 2.0)]) == [0.0]
