"""Rows for a terminal: what a user copies is not broken."""

from __future__ import annotations

import io
from typing import List

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from connectors.command.columns import TextRow, print_rows

WIDTH = 80


def shown(*rows: TextRow) -> List[str]:
    out = io.StringIO()
    print_rows(Console(file=out, width=WIDTH, highlight=False), rows)
    return out.getvalue().splitlines()


def test_a_path_that_fits_into_the_window_begins_further_left() -> None:
    path = f"/mnt/shared/{'x' * 55}"
    assert shown(TextRow(("warning", "storage"), f"{path} does not exist")) == [
        "warning  storage",
        f"             {path}",
        "                  does not exist",
    ]


def test_a_path_that_is_longer_than_the_window_is_one_line() -> None:
    path = "/mnt/" + "x" * 100
    assert path in shown(TextRow(("ok",), f"the folder {path} exists"))


def test_the_texts_of_all_rows_begin_in_the_same_column() -> None:
    lines = shown(TextRow(("ok", "python"), "3.11"), TextRow(("PROBLEM", "dynamodb"), "no answer"))
    assert lines == ["ok       python    3.11", "PROBLEM  dynamodb  no answer"]


def test_the_lines_of_a_text_stay_lines() -> None:
    assert shown(TextRow(("do",), "first\n\nthird")) == ["do  first", "", "    third"]


WORDS = st.lists(st.text("ab-/.", min_size=1, max_size=120), min_size=1, max_size=30)


@given(WORDS)
def test_no_word_is_broken_and_only_a_long_one_passes_the_window(words: List[str]) -> None:
    lines = shown(TextRow(("PROBLEM", "sides"), " ".join(words)))
    assert " ".join(lines).split() == ["PROBLEM", "sides", *words]
    assert all(len(line) <= WIDTH or line in words for line in lines)
