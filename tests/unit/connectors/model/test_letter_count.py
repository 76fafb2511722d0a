"""A copy that is finished says what is not in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.config import load
from connectors.dynamodb.write.from_settings import letters_left
from connectors.model.dead_letters import DeadLetter, StoredDeadLetters, line_of
from connectors.model.jobs import OK, REJECTED, UNKNOWN
from connectors.model.letter_count import SKEW_SECONDS, count_lines, words
from connectors.model.writes import Write
from connectors.storage.folder import FolderStorage


def letter(number: int, table: str = "orders", delete: bool = False) -> DeadLetter:
    return DeadLetter(Write(table, b'{"id":{"N":"%d"}}' % number, delete, f"shard {number}"), "too large")


def line(number: int, at: float = 100.0, **more: Any) -> bytes:
    return line_of(letter(number, **more), at)


def test_letters_are_counted_by_table() -> None:
    lines = [line(1), line(2), line(1, table="users")]
    assert count_lines(lines, 0.0) == {"orders": 2, "users": 1}


def test_a_letter_that_is_stored_again_after_a_restart_counts_once() -> None:
    assert count_lines([line(1), line(1, at=200.0), line(1, delete=True)], 0.0) == {"orders": 2}


def test_the_letters_of_an_earlier_run_are_not_counted() -> None:
    assert count_lines([line(1, at=99.0), line(2, at=100.0)], 100.0) == {"orders": 1}


def test_lines_that_are_torn_or_of_somebody_else_are_no_letters() -> None:
    assert count_lines([b"hello\n", b'{"a":1}\n', b"\xff\n", line(1)[:-1], line(2)], 0.0) == {"orders": 1}


def test_a_body_in_base64_is_a_letter_too() -> None:
    broken = line_of(DeadLetter(Write("orders", b'{"id":\xff', False, ""), "not JSON"), 100.0)
    assert count_lines([broken, broken], 0.0) == {"orders": 1}


def test_the_words_say_how_many_of_which_table_and_where() -> None:
    said = words({"orders": 1, "users": 1200}, "s3://bucket/d")
    assert said.startswith(
        "The target rejected 1,201 writes permanently: 1,200 of table users, 1 of table orders."
    )
    assert "s3://bucket/d" in said
    assert words({}, "/d") == ""


def test_a_thousand_tables_do_not_fill_the_screen() -> None:
    said = words({f"t{number}": 1 for number in range(1000)}, "/d")
    assert "others of 995 more tables" in said
    assert len(said) < 400


def left(place: object, since: float = 100.0) -> Any:
    return letters_left(load([f"--set=deadLetter.path={place}"], {}), since)


def test_any_letter_of_this_run_makes_the_exit_code_three(tmp_path: Path) -> None:
    letters = StoredDeadLetters(FolderStorage(str(tmp_path), "d"), clock=lambda: 100.0 - SKEW_SECONDS)
    assert left(tmp_path) == (OK, "")
    letters.add([letter(1)])
    code, said = left(tmp_path)
    assert (code, str(tmp_path) in said) == (REJECTED, True)
    assert REJECTED == 3
    assert left(tmp_path, 101.0) == (OK, "")


def test_a_folder_that_only_the_workers_have_is_said_to_be_unseen_and_not_created(tmp_path: Path) -> None:
    code, said = left(tmp_path / "d")
    assert code == OK
    assert "cannot be seen from this machine" in said
    assert not (tmp_path / "d").exists()


def test_a_place_that_cannot_be_read_is_no_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.scandir", unreadable)
    code, said = left(tmp_path)
    assert (code, "Permission denied" in said) == (UNKNOWN, True)
