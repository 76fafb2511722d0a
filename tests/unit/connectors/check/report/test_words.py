from __future__ import annotations

import pytest

from connectors.check.report.summary import CheckMode, Repair, ReportSide, Scope
from connectors.check.report.words import KEPT, duration, facts, headline, lag, meaning, repair
from connectors.config.choices import Direction
from tests.fakes.differences import damaged, equal, summary


def test_only_a_whole_comparison_is_called_equal_without_a_limit() -> None:
    assert headline(summary(equal())) == "EQUAL"
    assert headline(summary(equal(), scope=Scope.SAMPLE)) == "EQUAL IN THE SAMPLE"
    assert headline(summary(equal(), scope=Scope.KEYS)) == "EQUAL FOR THE CHOSEN KEYS"


@pytest.mark.parametrize("scope", [Scope.SAMPLE, Scope.KEYS])
def test_a_partial_check_does_not_permit_the_cut_over(scope: Scope) -> None:
    assert meaning(summary(equal(), scope=scope)).endswith("Check all items before you cut over to PolarDB.")


def test_equal_states_how_much_was_compared_and_permits_the_cut_over() -> None:
    assert meaning(summary(equal("a"), equal("b"))) == (
        "2,000 items in 2 tables compared: nothing is missing, nothing is extra, nothing differs. "
        "With regard to the data, you can cut over to PolarDB."
    )


def test_two_empty_sides_are_equal_with_a_request_to_verify_them() -> None:
    assert meaning(summary(equal(items=0))) == (
        "Both sides are empty: there was nothing to compare. "
        "Make sure that they are the right ones before you cut over to PolarDB."
    )


def test_excluded_tables_are_mentioned_with_equal() -> None:
    said = meaning(summary(equal(), left_out=["audit"]))
    assert "the data of these tables" in said
    assert "1 other table was excluded from this check by the filter." in said


def test_different_counts_each_kind_and_stops_the_cut_over() -> None:
    assert meaning(summary(damaged(missing=3, different=1))) == (
        "4 items in PolarDB differ from Amazon DynamoDB: 3 missing and 1 different. "
        "Do not cut over to PolarDB before this is repaired or explained."
    )


def test_a_difference_in_definitions_alone_is_not_called_one_of_items() -> None:
    said = meaning(summary(equal(schema_differences=["an index is missing"])))
    assert said.startswith("1 table is defined differently.")


def test_differences_of_an_incomplete_check_may_not_be_all() -> None:
    said = meaning(summary(damaged(extra=1), equal("b", problem="gone")))
    assert "1 item in PolarDB differs from" in said
    assert "Not everything could be checked, so there may be more differences." in said


def test_not_checked_proves_nothing() -> None:
    assert "proves nothing: do not cut over" in meaning(summary())


def test_in_reverse_the_verdict_is_about_going_back() -> None:
    given = summary(
        equal(),
        direction=Direction.REVERSE,
        source=ReportSide("PolarDB", "http://p:5432"),
        target=ReportSide("Amazon DynamoDB", "default region"),
    )
    assert meaning(given).endswith("you can go back to Amazon DynamoDB.")


def test_the_largest_lag_is_shown_or_that_no_change_in_flight_was_observed() -> None:
    assert lag(summary(equal("a", lag_seconds=0.4), equal("b", lag_seconds=2.6))) == "up to 2.6 s"
    assert lag(summary(equal("a", lag_seconds=0.4), equal("b", lag_seconds=None))) == "up to 0.4 s"
    assert lag(summary(equal(lag_seconds=None))) == "no change in flight was observed"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Repair(done=True, write=1, delete=2), "wrote 1 item and deleted 2 extra items"),
        (Repair(done=False, write=1000), "nothing was written; --repair would write 1,000 items"),
        (Repair(done=True), "nothing to repair"),
        (Repair(done=True, refused=1), "left 1 item that the target rejects"),
        (
            Repair(done=True, write=1, delete=1, keep=1),
            f"wrote 1 item, deleted 1 extra item and kept 1 extra item ({KEPT})",
        ),
    ],
)
def test_a_repair_is_described_as_done_or_as_possible(given: Repair, said: str) -> None:
    assert repair(given) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0.0 s"), (59.94, "59.9 s"), (60, "1 min 00 s"), (3599.7, "1 h 00 min")]
)
def test_a_duration_is_given_in_its_two_largest_units(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_scope_times_lag_and_cost_are_all_stated() -> None:
    given = summary(equal(), mode=CheckMode(Scope.SAMPLE, 10_000), repair=Repair(done=True), left_out=["z"])
    said = {fact.name: fact.value for fact in facts(given)}
    assert said["Compared"] == "a random sample of 10,000 keys in 1 table"
    assert said["Ended"].startswith("2026-11-22 18:59:58 UTC, after 11 min 52 s")
    assert said["Excluded tables"] == "z"
    assert {"Started", "Observed replication lag", "Read units, source", "Repair"} <= set(said)
