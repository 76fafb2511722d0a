from __future__ import annotations

from pathlib import Path
from typing import Any, List

from connectors.base.errors import TerminalError
from connectors.command.doctor.line import Level, Line
from connectors.command.doctor.storage import storage_lines
from connectors.config import Settings, load


def settings_of(*sets: str) -> Settings:
    return load([f"--set={pair}" for pair in sets], {})


def lines(job: str, *sets: str, **options: Any) -> List[Line]:
    return list(storage_lines(settings_of(*sets), job, **options))


def test_a_folder_that_exists_is_tried_and_left_empty(tmp_path: Path) -> None:
    (line,) = lines("forward", f"deadLetter.path={tmp_path}")
    assert line.level is Level.GREEN
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_only_the_workers_have_is_not_created_here(tmp_path: Path) -> None:
    (line,) = lines("forward", f"deadLetter.path={tmp_path}/d")
    assert line.level is Level.YELLOW
    assert "A worker creates it" in line.text
    assert list(tmp_path.iterdir()) == []


def test_a_bucket_that_refuses_is_red_with_the_key(tmp_path: Path) -> None:
    def refuse(place: str, what: str, settings: Settings) -> Any:
        raise TerminalError(f"{what}: {place} cannot be written: AccessDenied")

    (line,) = lines("reverse", "deadLetter.path=s3://bucket/d", open_=refuse)
    assert line.level is Level.RED
    assert "deadLetter.path: s3://bucket/d" in line.text


def test_the_report_is_a_place_of_the_check_only(tmp_path: Path) -> None:
    assert lines("forward") == []
    assert [line.level for line in lines("check", f"check.report={tmp_path}")] == [Level.GREEN]
