"""Damage of every kind at the target is found, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Dict, List

from connectors.check.report.summary import Verdict
from tests.harness.check import CheckPipeline
from tests.integration.check.conftest import Both, MakeCheck, shown
from tests.integration.forward.tables import Sides


def lines(running: CheckPipeline) -> List[dict]:
    """The lines of report.jsonl."""
    return [json.loads(line) for line in (Path(running.components.job.report) / "report.jsonl").open("rb")]


def reported(running: CheckPipeline) -> Dict[str, dict]:
    """The lines of report.jsonl, by key."""
    found = lines(running)
    assert len({(each["table"], json.dumps(each["key"])) for each in found}) == len(found)
    return {shown(each["key"]): each for each in found}


def kinds(running: CheckPipeline) -> Dict[str, str]:
    return {key: line["kind"] for key, line in reported(running).items()}


def test_equal_tables_are_equal_and_every_item_was_compared(sides: Sides, check: MakeCheck) -> None:
    Both(sides)
    running = check()
    summary = running.run()
    assert summary.verdict is Verdict.EQUAL
    [table] = summary.tables
    assert (table.source_items, table.target_items, table.equal, table.settled) == (200, 200, 200, 0)
    assert reported(running) == {}


def test_damage_of_every_kind_is_found_and_nothing_else(sides: Sides, check: MakeCheck) -> None:
    both = Both(sides)
    expected = {
        both.lose(3): "missing",
        both.add(500): "extra",
        both.damage(10, name={"S": "other"}): "different",
        both.damage(20, precise={"N": "1.0000000000000000000000000000000000002"}): "different",
        both.damage(30, count={"S": "1"}): "different",
        both.damage(40, blob={"B": "AAED"}): "different",
        both.damage(50, more={"NULL": True}): "different",
    }
    both.damage(60, tags={"SS": ["c", "a", "b"]})
    both.damage(70, count={"N": "1.0"})
    running = check()
    summary = running.run()
    assert kinds(running) == expected
    assert summary.verdict is Verdict.DIFFERENT
    [table] = summary.tables
    assert (table.missing, table.extra, table.different, table.equal) == (1, 1, 5, 194)
    assert set(reported(running)["p1/1000"]["attributes"]) == {"name"}


def test_a_table_that_the_target_lacks_is_missing_with_all_its_items(sides: Sides, check: MakeCheck) -> None:
    both = Both(sides, count=30)
    sides.target.ask("DeleteTable", {"TableName": both.table})
    summary = check().run()
    [table] = summary.tables
    assert (table.missing, table.schema_differences) == (30, ["the table is missing at the target"])


def test_a_table_that_only_the_target_has_is_extra_with_all_its_items(sides: Sides, check: MakeCheck) -> None:
    both = Both(sides, count=30)
    sides.source.ask("DeleteTable", {"TableName": both.table})
    summary = check().run()
    [table] = summary.tables
    assert (table.extra, table.schema_differences) == (30, ["the table exists at the target only"])


def test_in_the_reverse_direction_polardb_is_the_source_of_truth(sides: Sides, check: MakeCheck) -> None:
    both = Both(sides)
    key = both.lose(7)
    running = check(check__direction="reverse")
    assert running.run().source.system == "PolarDB"
    assert kinds(running) == {key: "extra"}


def test_repair_writes_missing_and_different_items_and_checks_them_again(
    sides: Sides, check: MakeCheck
) -> None:
    both = Both(sides)
    lost, extra, changed = both.lose(3), both.add(500), both.damage(10, name={"S": "other"})
    running = check(check__repair="true")
    summary = running.run()
    assert {key: line.get("repaired", False) for key, line in reported(running).items()} == {
        lost: True,
        changed: True,
        extra: False,
    }
    assert (summary.repair.write, summary.repair.delete, summary.repair.keep) == (2, 0, 1)
    assert summary.totals.repaired == 2
    again = check(check__repair="true", check__deleteExtra="true")
    assert again.run().verdict is Verdict.EQUAL
    assert check().run().totals.equal == 200


def test_without_repair_the_report_states_what_a_repair_would_do(sides: Sides, check: MakeCheck) -> None:
    both = Both(sides)
    both.lose(3), both.add(500)
    summary = check().run()
    assert (summary.repair.done, summary.repair.write, summary.repair.keep) == (False, 1, 1)
    assert len(sides.items(both.table)) == 200


def test_only_the_keys_of_an_earlier_report_are_compared(
    sides: Sides, check: MakeCheck, tmp_path: Path
) -> None:
    both = Both(sides)
    both.lose(3), both.damage(10, name={"S": "other"})
    first = check()
    first.run()
    both.damage(10)
    elsewhere = both.lose(100)
    earlier = tmp_path / "earlier.jsonl"
    earlier.write_bytes((Path(first.components.job.report) / "report.jsonl").read_bytes())
    summary = check(check__keys=str(earlier), components=parts_of_chosen).run()
    assert (summary.totals.compared, summary.totals.equal, summary.totals.missing) == (2, 1, 1)
    assert elsewhere not in summary.problems


def parts_of_chosen(settings: object) -> object:
    from connectors.check.chosen import read_keys
    from connectors.check.components import job_of

    return job_of(settings, read_keys(settings.check.keys)).open()  # type: ignore


def test_a_sample_compares_some_keys_of_each_side_and_says_what_that_means(
    sides: Sides, check: MakeCheck
) -> None:
    Both(sides)
    summary = check(check__sample=40).run()
    assert summary.verdict is Verdict.EQUAL
    assert 40 <= summary.totals.compared <= 80
    assert "99 % confidence" in (summary.confidence or "")


def test_a_sample_as_large_as_the_table_finds_every_damage(sides: Sides, check: MakeCheck) -> None:
    both = Both(sides)
    both.lose(3), both.add(500)
    summary = check(check__sample=1000).run()
    assert (summary.totals.missing, summary.totals.extra, summary.totals.compared) == (1, 1, 201)


def test_after_a_crash_the_check_resumes_from_the_checkpoint_and_reports_the_same(
    sides: Sides, check: MakeCheck
) -> None:
    both = Both(sides, count=600)
    expected = {
        both.lose(3): "missing",
        both.add(900): "extra",
        both.damage(300, name={"S": "x"}): "different",
    }
    running = check(scan__limit=20, scan__segments=2)
    for wanted in (10, 30, 60):
        running.run_until(
            lambda wanted=wanted: (running.emitted and running.turns > wanted) or running.summary
        )
        running.checkpoint()
        running.crash()
    summary = running.run()
    assert kinds(running) == expected
    assert (summary.totals.source_items, summary.totals.target_items) == (600, 600)
