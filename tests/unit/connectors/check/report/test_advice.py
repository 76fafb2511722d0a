"""The steps after a check, and their commands."""

from __future__ import annotations

import re
import shlex

import pytest
from click.testing import CliRunner

from connectors.check.options import as_sets
from connectors.check.report.advice import advice
from connectors.check.report.summary import Repair, Scope
from connectors.command.app import COMMANDS, polarshake
from connectors.config.choices import Direction
from tests.fakes.differences import damaged, equal, summary

REPORT = "/mnt/check report"


def commands(given):
    return [command for step in advice(given) for command in step.commands]


def options(command):
    """The settings that a command of the check gives, as the job reads them."""
    words = shlex.split(command)
    assert words[:3] == ["polarshake", "run", "check"]
    return dict(word.split("=", 1) for word in as_sets(words[3:])[1::2])


def test_equal_in_full_leads_to_the_cutover_and_back():
    assert commands(summary(equal())) == ["polarshake cutover"]
    back = summary(equal(), direction=Direction.REVERSE)
    assert commands(back) == ["polarshake rollback"]
    for command in commands(summary(equal())) + commands(back):
        assert command.split()[1] in COMMANDS
        assert CliRunner().invoke(polarshake, [command.split()[1], "--help"]).exit_code == 0


@pytest.mark.parametrize("scope", [Scope.SAMPLE, Scope.KEYS])
def test_equal_in_a_part_leads_to_a_check_of_everything(scope):
    [command] = commands(summary(equal(), scope=scope))
    assert options(command) == {}


def test_two_empty_sides_lead_to_no_command():
    assert commands(summary(equal(items=0))) == []


def test_missing_and_different_items_are_repaired_from_the_report_into_another_one():
    first, last = commands(summary(damaged(missing=1), report=REPORT))
    assert options(first) == {
        "check.keys": f"{REPORT}/report.jsonl",
        "check.repair": "true",
        "check.report": f"{REPORT}-again",
    }
    assert options(last) == {}


def test_extra_items_are_deleted_only_by_a_step_of_their_own():
    steps = advice(summary(damaged(missing=1, extra=2), report=REPORT))
    deleting = [step for step in steps if "delete-extra" in " ".join(step.commands)]
    assert len(deleting) == 1
    assert deleting[0].text.startswith("Find out who wrote")
    assert "check.deleteExtra" not in options(steps[0].commands[0])


def test_a_check_of_the_way_back_keeps_its_direction():
    for command in commands(summary(damaged(missing=1), direction=Direction.REVERSE)):
        assert options(command)["check.direction"] == "reverse"


def test_a_report_in_a_bucket_is_fetched_first():
    fetch, repair, _ = commands(summary(damaged(missing=1), report="s3://bucket/a b"))
    assert fetch == "aws s3 cp 's3://bucket/a b/report.jsonl' report.jsonl"
    assert options(repair)["check.keys"] == "report.jsonl"
    assert options(repair)["check.report"] == "s3://bucket/a b-again"


def test_tables_that_could_not_be_checked_are_checked_alone():
    command = commands(summary(equal("a"), equal("b", problem="gone")))[0]
    assert options(command) == {"filter.whiteTableSet": "b"}


def test_many_tables_are_counted_and_not_written_into_a_command():
    given = summary(*(equal(f"t{at:03}", problem="gone") for at in range(300)))
    step = advice(given)[0]
    assert "and 295 more" in step.text
    assert step.commands == []


def test_changing_differences_are_checked_again_before_they_are_repaired():
    table = damaged(different=3)
    changing = summary(type(table)(**{**_fields(table), "changing": 2}), report=REPORT)
    again, repair, _ = commands(changing)
    assert "check.repair" not in options(again)
    assert options(repair)["check.repair"] == "true"


def test_items_that_the_target_rejects_are_named():
    given = summary(damaged(missing=4), repair=Repair(done=True, refused=4))
    assert any("4 items were rejected" in step.text for step in advice(given))


def test_differences_always_end_with_a_check_of_everything():
    for given in (summary(damaged(extra=1)), summary(equal(problem="x")), summary()):
        assert options(advice(given)[-1].commands[-1]) == {}


def test_no_step_contains_a_sentence_without_an_end():
    for given in (summary(damaged(missing=1, extra=1, different=1)), summary()):
        assert all(re.search(r"[.]$", step.text) for step in advice(given))


def _fields(table):
    return {name: getattr(table, name) for name in table.__struct_fields__}
