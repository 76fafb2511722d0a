"""The dead letters of a worker process, from the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.base.errors import PreflightError, TerminalError
from connectors.config import load
from connectors.dynamodb.write.from_settings import dead_letters
from connectors.model.dead_letters import DeadLetter, Ignored
from connectors.model.writes import Write

LETTER = DeadLetter(Write("orders", b'{"id":{"N":"1"}}', False, "segment 1 of 1"), "too large")


def test_the_place_is_tried_when_the_store_is_opened_and_not_with_the_first_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first letter may come after days, and a place that refuses it then stops the job."""

    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Operation not permitted")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(PreflightError, match=r"deadLetter\.path: .*Operation not permitted"):
        dead_letters(load([f"--set=deadLetter.path={tmp_path}"], {}))


def test_without_a_place_the_first_letter_stops_the_job_unless_the_caller_counts_them() -> None:
    settings = load([], {})
    with pytest.raises(TerminalError, match=r"Set deadLetter\.path"):
        dead_letters(settings).add([LETTER])
    dead_letters(settings, otherwise=Ignored).add([LETTER])


def test_with_a_place_letters_are_stored_whatever_the_caller_does_without_one(tmp_path: Path) -> None:
    dead_letters(load([f"--set=deadLetter.path={tmp_path}"], {}), otherwise=Ignored).add([LETTER])
    (file,) = tmp_path.iterdir()
    assert b"too large" in file.read_bytes()
