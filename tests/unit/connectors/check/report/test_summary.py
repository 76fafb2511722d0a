from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.check.report.summary import Scope, Summary, TableResult, Verdict, exit_code
from tests.fakes.differences import damaged, equal, summary


def test_equal_tables_are_equal_and_exit_with_0() -> None:
    made = summary(equal("b"), equal("a"))
    assert made.verdict is Verdict.EQUAL
    assert exit_code(made) == 0
    assert [table.table for table in made.tables] == ["a", "b"]


@pytest.mark.parametrize(
    "table",
    [
        damaged(missing=1),
        damaged(extra=1),
        damaged(different=1),
        equal(schema_differences=["an index is missing"]),
    ],
)
def test_one_difference_of_any_kind_exits_with_1(table: TableResult) -> None:
    made = summary(equal("a"), table)
    assert made.verdict is Verdict.DIFFERENT
    assert exit_code(made) == 1


def test_a_table_that_could_not_be_read_exits_with_2_and_says_why() -> None:
    made = summary(equal("a"), equal("b", problem="the target is gone"))
    assert made.verdict is Verdict.INCOMPLETE
    assert exit_code(made) == 2
    assert made.problems == ["table b: the target is gone"]


def test_a_found_difference_stays_one_when_another_table_could_not_be_read() -> None:
    made = summary(damaged("a", missing=1), equal("b", problem="the target is gone"))
    assert exit_code(made) == 1
    assert made.problems


def test_a_problem_of_the_whole_run_is_no_equality() -> None:
    assert exit_code(summary(equal(), problems=["the job was cancelled"])) == 2


def test_no_table_is_no_equality() -> None:
    assert exit_code(summary()) == 2


def test_two_empty_tables_are_equal() -> None:
    assert exit_code(summary(equal(items=0))) == 0


@pytest.mark.parametrize("scope", [Scope.SAMPLE, Scope.KEYS])
def test_no_key_is_no_equality(scope: Scope) -> None:
    assert exit_code(summary(equal(items=0), scope=scope)) == 2


def test_counts_that_do_not_add_up_are_no_equality() -> None:
    made = summary(equal("a", compared=1001))
    assert exit_code(made) == 2
    assert "table a: the counts do not add up" in made.problems[0]


numbers = st.integers(0, 10**9)
results = st.builds(damaged, st.text("abc", min_size=1, max_size=3), numbers, numbers, numbers)


@given(st.lists(results, min_size=1, max_size=4))
def test_exit_code_is_0_exactly_when_no_table_has_a_difference(tables: list) -> None:
    made = summary(*tables)
    differences = sum(table.missing + table.extra + table.different for table in tables)
    assert (exit_code(made) == 0) == (differences == 0)
    assert made.totals.differences() == differences


def test_read_units_are_summed_over_the_tables_that_report_them() -> None:
    made = summary(equal("a", source_units=1.5), equal("b", source_units=2.5), equal("c", source_units=None))
    assert made.totals.source_units == 4.0
    assert made.totals.target_units is None


def test_a_sample_of_one_table_states_its_confidence() -> None:
    made = summary(equal(items=10_000), scope=Scope.SAMPLE)
    assert made.confidence == made.tables[0].confidence
    assert "1 in 2,171" in str(made.confidence)


def test_samples_of_several_tables_do_not_add_up_to_one() -> None:
    made = summary(equal("a", items=10_000), equal("b", items=1000), scope=Scope.SAMPLE)
    assert str(made.confidence).startswith("In each table on its own, at least: no difference among 1,000")


def test_a_whole_comparison_states_no_confidence() -> None:
    made = summary(equal())
    assert made.confidence is None
    assert made.tables[0].confidence is None


def test_it_comes_back_from_its_json_the_same() -> None:
    made = summary(damaged(missing=2), left_out=["z"])
    assert msgspec.json.decode(msgspec.json.encode(made), type=Summary) == made
