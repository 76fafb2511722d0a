"""The output: a word with each colour, 80 columns, and JSON."""

from __future__ import annotations

import io
import json

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from connectors.command.doctor.line import Level, Line, green, red, worst, yellow
from connectors.command.doctor.show import MOST_TABLES, as_json, show

IDENTIFIER = "a_name_without_a_blank_" * 8
LONG = f"ALTER PUBLICATION {IDENTIFIER} ADD TABLE x;"


def shown(lines, color=False):
    out = io.StringIO()
    show(Console(file=out, width=80, force_terminal=color, highlight=False), lines)
    return out.getvalue()


def test_each_line_shows_its_level_as_a_word_without_colours():
    text = shown([green("python", "3.11"), yellow("flink", "not checked"), red("table", "orders: no")])
    assert [line.split()[0] for line in text.splitlines() if line] == ["ok", "warning", "PROBLEM", "1"]
    assert "\x1b" not in text


def test_problems_that_have_scrolled_away_are_repeated_at_the_end():
    many = [red("sides", "orders: no"), *(green("table", f"t{n}") for n in range(12))]
    assert "The 1 problem again:" in shown(many)
    assert shown(many).rstrip().splitlines()[-3].startswith("- sides: orders: no")
    assert "again" not in shown(many[:5])


def test_a_terminal_has_colours_too():
    text = shown([green("python", "3.11"), red("table", "orders")], color=True)
    assert "\x1b[32mok" in text
    assert "\x1b[1;31mPROBLEM" in text


def test_a_text_fits_80_columns_and_a_word_that_does_not_is_not_broken():
    text = shown([red("table", f"the folder {LONG}"), green("estimate", "many short words " * 20)])
    assert [line for line in text.splitlines() if len(line) > 80] == [IDENTIFIER]
    assert "many short words" in text
    again = shown([red("table", LONG), *(green("table", f"t{n}") for n in range(12))]).partition("again:")[2]
    assert IDENTIFIER in again


def test_the_last_line_counts_the_levels_and_gives_the_next_step():
    assert shown([green("a", "b")]).endswith("1 ok. The job can be started.\n")
    text = shown([red("a", "b"), red("a", "c"), yellow("a", "d"), green("a", "e")])
    assert "1 ok, 1 warning, 2 problems. Fix the problems first" in text


def test_many_tables_without_remarks_share_a_line_and_every_other_line_is_shown():
    tables = [green("table", f"table-{number}") for number in range(500)]
    text = shown([*tables, yellow("table", "careful"), red("table", "wrong")])
    assert len(text.splitlines()) == MOST_TABLES + 1 + 2 + 2
    assert f"and {500 - MOST_TABLES} more without remarks" in text
    assert len(json.loads(as_json(tables))["lines"]) == 500


@given(st.lists(st.builds(Line, st.sampled_from(Level), st.text(), st.text())))
def test_json_holds_every_line_and_the_worst_of_them(lines):
    read = json.loads(as_json(lines))
    assert [(each["level"], each["about"], each["text"]) for each in read["lines"]] == [
        (line.level.value, line.about, line.text) for line in lines
    ]
    assert read["verdict"] == worst(lines).value
