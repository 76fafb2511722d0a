"""Which reports of a check are accepted as a proof."""

import pytest

from connectors.check.report.summary import ReportSide, Scope, Verdict
from connectors.command.cutover.report_gate import ReportRequirement, equal, unfit
from connectors.config.choices import Direction
from tests.fakes.cutover import DYNAMODB, POLARDB, summary

T0 = 1_700_000_000.0
WANTED = ReportRequirement(Direction.FORWARD, DYNAMODB, POLARDB, T0, T0 + 600)


def test_a_recent_and_complete_check_of_these_sides_that_is_equal_is_accepted():
    found = summary(T0 + 10)
    assert unfit(found, WANTED) is None
    verdict = equal(found, WANTED)
    assert verdict.ok
    assert "1,000 items in 1 tables equal" in verdict.saw
    assert "8 min 50 s ago" in verdict.saw


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (None, "no report"),
        (summary(T0 - 1), "before"),
        (summary(T0 + 10, direction=Direction.REVERSE), "was reverse, not forward"),
        (summary(T0 + 10, scope=Scope.SAMPLE), "did not compare all"),
        (summary(T0 + 10, scope=Scope.KEYS), "did not compare all"),
    ],
)
def test_a_report_that_is_old_or_of_another_kind_is_not_accepted(found, why):
    assert why in unfit(found, WANTED)


def test_a_report_of_another_target_is_not_accepted():
    elsewhere = WANTED._replace(target=ReportSide("PolarDB", "http://other:5432"))
    assert "http://pe:5432" in unfit(summary(T0 + 10), elsewhere)


@pytest.mark.parametrize(
    ("found", "saw"),
    [
        (summary(T0 + 10, Verdict.DIFFERENT, different=3), "3 differ"),
        (summary(T0 + 10, Verdict.INCOMPLETE), "no table was checked"),
        (summary(T0 + 10, equal=0), "0 items"),
    ],
)
def test_a_report_that_is_not_equal_is_refused_with_its_counts(found, saw):
    verdict = equal(found, WANTED)
    assert not verdict.ok
    assert saw in verdict.saw
    assert verdict.do
