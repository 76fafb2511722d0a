"""Known keys are compared in this process by the rules of the check."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from connectors.base.timing import Clocks
from connectors.check.changes.comparing import KeysOfTable, NoBulk, compare
from connectors.check.lane import CheckLane, CheckPolicy
from connectors.check.report.summary import CheckMode, CheckRun, ReportSide, Scope, Summary, Verdict
from connectors.check.report.words import headline
from connectors.check.report_collector import ReportCollector
from connectors.config.choices import Direction
from tests.fakes.access import SCHEMA, TwoSides, body, item
from tests.fakes.report import MemoryReport
from tests.unit.connectors.check.rig import RULES, AtOnce

SIDE = ReportSide("a side", "somewhere")
LANES = 3


class Comparing:
    def __init__(self, source: Dict[int, Any], target: Dict[int, Any]) -> None:
        self.now = 1000.0
        self.sides = TwoSides(source, target, lambda: self.now)
        self.report = MemoryReport()

    def run(self, *keys: int, differences: List[str] = []) -> Summary:  # noqa: B006 - not changed
        clocks = Clocks(lambda: self.now, lambda: self.now)
        lanes = [
            CheckLane(number, CheckPolicy(RULES), self.sides, NoBulk(), AtOnce(), (), clocks)  # type: ignore[arg-type]
            for number in range(LANES)
        ]
        run = CheckRun(
            started=self.now,
            ended=self.now,
            direction=Direction.FORWARD,
            mode=CheckMode(Scope.CHANGES, generation=1),
            source=SIDE,
            target=SIDE,
        )
        collector = ReportCollector(run, LANES, self.report, lambda: self.now)
        known = {self.sides.keys.digest(body(item(key))): body(item(key)) for key in keys}
        return compare(lanes, [KeysOfTable("t", SCHEMA, differences, known)], collector, self.sleep)

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_only_the_given_keys_are_compared() -> None:
    comparing = Comparing({1: item(1), 2: item(2)}, {1: item(1)})
    summary = comparing.run(1)
    assert (summary.verdict, summary.totals.compared) == (Verdict.EQUAL, 1)
    assert headline(summary) == "EQUAL SINCE THE FULL CHECK"


def test_each_kind_of_difference_is_found() -> None:
    comparing = Comparing({1: item(1), 2: item(2)}, {2: item(2, v={"S": "x"}), 3: item(3)})
    summary = comparing.run(1, 2, 3, 4)
    totals = summary.totals
    assert (totals.missing, totals.different, totals.extra, summary.verdict) == (1, 1, 1, Verdict.DIFFERENT)


def test_a_change_in_flight_is_not_a_difference() -> None:
    comparing = Comparing({1: item(1, v={"S": "new"})}, {1: item(1)})

    def arrive() -> None:
        if comparing.now > 1003:
            comparing.sides.target[1] = item(1, v={"S": "new"})

    comparing.sides.before_look = arrive
    summary = comparing.run(1)
    assert (summary.verdict, summary.totals.settled) == (Verdict.EQUAL, 1)


def test_a_generation_without_a_changed_key_is_equal() -> None:
    summary = Comparing({}, {}).run()
    assert (summary.verdict, summary.totals.compared) == (Verdict.EQUAL, 0)


def test_definitions_that_differ_are_a_difference_of_a_generation_too() -> None:
    assert Comparing({}, {}).run(differences=["no index"]).verdict is Verdict.DIFFERENT


def test_many_keys_are_compared_in_lots() -> None:
    items = {number: item(number) for number in range(2500)}
    summary = Comparing(items, dict(items)).run(*items)
    assert (summary.verdict, summary.totals.equal) == (Verdict.EQUAL, 2500)


def test_the_error_of_a_side_gives_no_verdict() -> None:
    comparing = Comparing({1: item(1)}, {1: item(1)})

    def fail() -> None:
        raise OSError("no route")

    comparing.sides.before_look = fail
    with pytest.raises(OSError, match="no route"):
        comparing.run(1)
    assert comparing.report.summary is None
