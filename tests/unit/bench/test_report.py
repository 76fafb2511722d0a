from __future__ import annotations

import pytest

from bench.measure import Usage
from bench.report import medians, over, parts, steady, table, told
from bench.runs import Run


def run(contender: str, cpu: float, seconds: float = 2.0, moved: int = 500_000) -> Run:
    return Run(
        contender,
        moved,
        seconds,
        Usage(cpu, seconds, 3_000_000, 2_000_000, 2, 2_500_000, {"a": 1_000_000, "b": 1_500_000}),
        {},
    )


def test_figures_are_per_million_and_per_second() -> None:
    row = medians([run("limit", 1.5)], 1000.0)["limit"]
    assert row["cpu_seconds_per_million"] == 3.0
    assert row["per_second"] == 250_000
    assert row["megabytes_per_second"] == 250.0
    assert (row["peak_rss_sum_megabytes"], row["peak_pss_sum_megabytes"]) == (3.0, 2.5)


def test_the_memory_of_each_process_is_shown_the_largest_first() -> None:
    assert parts(run("job", 1.0).usage) == "b 2, a 1"


def test_the_median_of_a_contenders_runs_counts() -> None:
    rows = medians([run("floor", 9.0), run("limit", 1.0), run("floor", 2.0), run("floor", 3.0)], 1.0)
    assert rows["floor"]["cpu_seconds_per_million"] == 6.0
    assert rows["floor"]["runs"] == 3
    assert list(rows) == ["floor", "limit"]


def test_contenders_that_moved_different_amounts_compare_by_the_item() -> None:
    rows = medians([run("floor", 10.0, moved=100_000), run("limit", 1.0, moved=1_000_000)], 1.0)
    assert over(rows, "limit") == {"floor": pytest.approx(100.0), "limit": 1.0}


@pytest.mark.parametrize("base", ["absent", "idle"])
def test_no_ratio_is_made_up_without_its_base(base: str) -> None:
    assert over(medians([run("limit", 1.0), run("idle", 0.0)], 1.0), base) == {}


def test_between_two_sizes_what_starts_once_does_not_count() -> None:
    runs = [run("job, 60,000", 4.0, 30.0, 60_000), run("job, 240,000", 8.5, 60.0, 240_000)]
    others = [run("limit, 60,000", 1.0, 9.0, 60_000), run("floor", 50.0), run("limit, signed", 1.0)]
    rows = medians([*runs, *others], 1.0)
    assert steady(rows) == {"job": (6000, pytest.approx(25.0))}
    assert told(rows).endswith("25.00 CPU s per million, 4.0 times less than the floor")


def test_the_table_has_a_row_for_each_contender() -> None:
    lines = table(medians([run("floor", 10.0), run("limit", 1.0)], 1.0)).splitlines()
    assert len(lines) == 4
    assert "| 10.0 x |" in lines[3]
    assert {line.count("|") for line in lines} == {lines[0].count("|")}
