from __future__ import annotations

import os
from pathlib import Path

import pytest

from connectors.base.errors import TerminalError
from connectors.engine.enumerator.observations import Trimmed
from connectors.forward.gaps import GapNotes, NoGapNotes

GAP = Trimmed("t", 1, 5.0, "shard s: trimmed")


def test_a_note_is_read_by_whoever_shares_the_folder(tmp_path: Path) -> None:
    GapNotes(str(tmp_path / "made when needed")).write(GAP)
    assert GapNotes(str(tmp_path / "made when needed")).read() == [GAP]


def test_a_gap_noted_twice_is_one(tmp_path: Path) -> None:
    notes = GapNotes(str(tmp_path))
    notes.write(GAP)
    notes.write(GAP)
    assert notes.read() == [GAP]


def test_gaps_of_other_tables_generations_and_registrations_stand_beside_it(tmp_path: Path) -> None:
    gaps = [GAP, GAP._replace(table="u"), GAP._replace(generation=2), GAP._replace(since=65.0)]
    for gap in gaps:
        GapNotes(str(tmp_path)).write(gap)
    assert sorted(GapNotes(str(tmp_path)).read()) == sorted(gaps)


def test_without_a_folder_there_are_no_notes(tmp_path: Path) -> None:
    assert GapNotes(str(tmp_path)).read() == []


def test_a_half_written_note_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = GapNotes(str(tmp_path))
    notes.write(GAP)
    replace = os.replace

    def look_before(part: str, path: Path) -> None:
        assert notes.read() == [GAP]
        replace(part, path)

    monkeypatch.setattr(os, "replace", look_before)
    other = GAP._replace(table="u")
    notes.write(other)
    assert sorted(notes.read()) == [GAP, other]


def test_nothing_is_left_over_from_writing(tmp_path: Path) -> None:
    GapNotes(str(tmp_path)).write(GAP)
    assert [path.suffix for path in (tmp_path / "gaps").iterdir()] == [".json"]


def test_a_folder_that_cannot_be_written_ends_in_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "gaps").write_text("a file")
    with pytest.raises(TerminalError, match="the note of a gap cannot be written"):
        GapNotes(str(tmp_path)).write(GAP)


def test_where_a_gap_fails_the_job_nothing_is_noted() -> None:
    NoGapNotes().write(GAP)
    assert NoGapNotes().read() == []
