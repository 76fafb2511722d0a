"""The end of a check: complete when every lane has reported, in any order and however often."""

from __future__ import annotations

import json
import random
from typing import List, Optional

import pytest

from connectors.check import notices
from connectors.check.changes.chain import OpenKeys
from connectors.check.finding import Finding, repaired
from connectors.check.report.summary import CheckMode, CheckRun, Repair, ReportSide, Scope, Summary, Verdict
from connectors.check.report_collector import ReportCollector
from connectors.check.table import CheckCounts
from connectors.config.choices import Direction
from connectors.engine.enumerator.table_planner import TableState
from connectors.model.notices import PlannedTable
from tests.fakes.access import body, item
from tests.fakes.report import MemoryReport

SIDE = ReportSide("a side", "somewhere")


class Rig:
    def __init__(self, mode: CheckMode = CheckMode(Scope.ALL), repair: Optional[Repair] = None) -> None:  # noqa: B008
        run = CheckRun(
            started=1000.0,
            ended=1000.0,
            direction=Direction.FORWARD,
            mode=mode,
            source=SIDE,
            target=SIDE,
            repair=repair,
        )
        self.report = MemoryReport()
        self.ending = ReportCollector(run, 2, self.report, lambda: 1060.0)

    def take(self, *told: str) -> List[Summary]:
        found = [self.ending.take(each) for each in told]
        return [summary for summary in found if summary is not None]


def plan(*differences: str) -> str:
    return notices.plan([TableState("t", 1, parts=4, schema_differences=list(differences))])


def line(number: int) -> bytes:
    return Finding(body(item(number)), body(item(number)), None).line("t", 1000.0, 1030.0, changing=False)


def counts(**found: float) -> CheckCounts:
    return CheckCounts("t", began=1000.0, ended=1050.0, **found)  # type: ignore[arg-type]


def test_the_check_is_complete_when_every_lane_has_reported_every_table_in_any_order() -> None:
    told = [
        plan(),
        notices.checked(0, counts(equal=5, source_items=5, target_items=5, source_units=2.0)),
        notices.checked(1, counts(equal=4, settled=1, missing=1, source_items=6, target_items=5)),
        notices.difference(line(7)),
    ]
    for seed in range(10):
        rig = Rig()
        # A lane tells of its differences before it tells that it is done.
        order = random.Random(seed).sample(told[:3], 3)
        order.insert(order.index(told[2]), told[3])
        [summary] = rig.take(*order)
        [table] = summary.tables
        assert (table.equal, table.missing, table.settled, table.compared) == (10, 1, 1, 11)
        assert (table.source_items, table.target_items, table.source_units) == (11, 10, 2.0)
        assert (table.seconds, table.segments, summary.seconds) == (50.0, 4, 60.0)
        assert (summary.verdict, summary.problems) == (Verdict.DIFFERENT, [])
        assert rig.report.summary == summary


def test_differences_that_are_reported_again_after_a_restart_are_in_the_report_once() -> None:
    rig = Rig()
    told = [plan(), notices.difference(line(7)), notices.difference(line(8))]
    assert rig.take(*told, *told) == []
    [_] = rig.take(*(notices.checked(lane, counts(missing=1)) for lane in (0, 1, 0, 1)))
    assert [json.loads(bytes(difference.key)) for difference in rig.report.differences] == [item(7), item(8)]


def test_the_check_waits_for_a_lane_that_has_not_reported() -> None:
    assert Rig().take(plan(), notices.checked(0, counts()), notices.checked(0, counts())) == []


def test_differences_of_the_definitions_are_differences() -> None:
    [summary] = Rig().take(plan("no index"), *(notices.checked(lane, counts(equal=1)) for lane in (0, 1)))
    assert (summary.verdict, summary.tables[0].schema_differences) == (Verdict.DIFFERENT, ["no index"])


def test_suspects_that_were_not_looked_at_leave_the_check_incomplete() -> None:
    [summary] = Rig().take(plan(), *(notices.checked(lane, counts(equal=1, unexamined=2)) for lane in (0, 1)))
    assert summary.verdict is Verdict.INCOMPLETE
    assert "4 more keys" in summary.problems[0]


def test_a_sample_counts_the_keys_that_were_looked_up() -> None:
    rig = Rig(CheckMode(Scope.SAMPLE, sample=10))
    [summary] = rig.take(plan(), *(notices.checked(lane, counts(equal=4, missing=1)) for lane in (0, 1)))
    [table] = summary.tables
    assert (table.source_items, table.target_items, table.compared) == (10, 8, 10)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (None, Repair(done=False, write=6, keep=2)),
        (Repair(done=True), Repair(done=True, write=4, delete=2, keep=2, refused=2)),
    ],
)
def test_the_report_states_what_a_repair_did_or_would_do(wanted: Optional[Repair], expected: Repair) -> None:
    found = counts(missing=2, different=1, extra=1, repaired=3, deleted=1, refused=1)
    [summary] = Rig(repair=wanted).take(plan(), notices.checked(0, found), notices.checked(1, found))
    assert summary.repair == expected


def test_a_line_that_is_reported_as_repaired_stays_repaired() -> None:
    rig = Rig()
    rig.take(notices.difference(repaired(line(7))))
    assert [difference.repaired for difference in rig.report.differences] == [True]


def test_the_chain_names_every_key_that_was_not_found_equal_and_is_written_last() -> None:
    rig, given = Rig(), []

    def chain_of(summary: Summary, planned: List[PlannedTable], open_: OpenKeys) -> bytes:
        assert rig.report.summary is None, "what chain_of verifies must hold before anything is published"
        given.append(
            (summary.verdict, planned, {table: list(map(bytes, keys)) for table, keys in open_.items()})
        )
        return b"the chain"

    rig.ending = ReportCollector(rig.ending._run, 2, rig.report, lambda: 1060.0, chain_of)
    told = [
        notices.plan([TableState("t", 1, arn="arn", source_id="id", since=9.0)]),
        notices.difference(line(7)),
        notices.difference(repaired(line(8))),
        notices.follows("t", body(item(9))),
    ]
    [_] = rig.take(*told, *(notices.checked(lane, counts(missing=1)) for lane in (0, 1)))
    planned = PlannedTable("t", 0, [], "arn", "id", 9.0)
    assert given == [(Verdict.DIFFERENT, [planned], {"t": [body(item(7)), body(item(9))]})]
    assert rig.report.chain == b"the chain"


def test_a_check_that_begins_takes_away_the_chain_of_the_one_before() -> None:
    report = MemoryReport()
    report.chain = b"of another check"
    ReportCollector(Rig().ending._run, 2, report)
    assert report.chain is None
