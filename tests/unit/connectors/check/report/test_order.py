"""The report is bounded for any number of tables, and shows the worst first."""

from __future__ import annotations

from connectors.check.report.advice import advice
from connectors.check.report.difference import DifferenceKind
from connectors.check.report.examples import PER_KIND, choose
from connectors.check.report.files import FileReport
from connectors.check.report.order import EXAMPLES, SECTIONS, detailed, examples_per_kind, worst_first
from connectors.check.report.text import text_of
from tests.fakes.differences import damaged, difference, equal, summary


def test_the_worst_tables_come_first():
    tables = [
        equal("c"),
        equal("b"),
        equal("broken", problem="gone"),
        equal("defined", schema_differences=["other"]),
        damaged("few", missing=1),
        damaged("many", extra=9),
    ]
    assert [table.table for table in worst_first(tables)] == ["many", "few", "defined", "broken", "b", "c"]


def test_a_few_tables_keep_all_their_examples_and_many_share_the_bound():
    assert examples_per_kind(3, PER_KIND) == PER_KIND
    assert SECTIONS * 3 * examples_per_kind(SECTIONS, PER_KIND) <= EXAMPLES


def test_only_tables_with_something_to_show_are_detailed():
    repaired = type(equal())(table="repaired", repaired=2, equal=2, compared=2)
    assert detailed([equal("a"), damaged("b", missing=1), repaired]) == {"b", "repaired"}


def written(folder, tables, each):
    report = FileReport(str(folder))
    names = [f"table-{at:04}" for at in range(tables)]
    report.add(
        difference(
            kind, name, key={"pid": {"S": f"key-{at}"}}, item={"pid": {"S": "x"}, "t": {"S": "y" * 300}}
        )
        for name in names
        for kind in (DifferenceKind.MISSING, DifferenceKind.EXTRA)
        for at in range(each)
    )
    report.publish(summary(*(damaged(name, missing=each, extra=each) for name in names)))
    report.close()
    return (folder / "report.html").read_text()


def test_the_page_of_200_tables_is_not_larger_than_that_of_100(tmp_path):
    (tmp_path / "small").mkdir()
    (tmp_path / "large").mkdir()
    small, large = written(tmp_path / "small", 100, 30), written(tmp_path / "large", 200, 30)
    assert len(large) < 1.02 * len(small) < 600_000
    assert "100 more are in" in large


def test_examples_are_chosen_only_for_the_tables_that_are_shown():
    given = [difference(DifferenceKind.EXTRA, name) for name in ("a", "b", "c")]
    assert {table for table, _ in choose(given, tables={"b"})} == {"b"}


def test_the_terminal_shows_the_worst_tables_and_counts_the_rest():
    tables = [damaged(f"table-{at:03}", missing=at) for at in range(1, 300)]
    text = text_of(summary(*tables), {}, "")
    lines = text.splitlines()
    assert len(lines) < 100
    assert next(line for line in lines if line.startswith("  table")).startswith("  table-299")
    assert "  and 279 more tables with fewer differences, or none" in lines


def test_a_command_on_the_terminal_is_joined_again_by_a_shell():
    text = text_of(summary(damaged(missing=2), report="/mnt/" + "a-long-folder/" * 8), {}, "")
    command = advice(summary(damaged(missing=2), report="/mnt/" + "a-long-folder/" * 8))[0].commands[0]
    assert "What to do now" in text
    assert command in " ".join(text.replace(" \\\n", " ").split())
