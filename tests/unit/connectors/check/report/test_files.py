from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import msgspec
import pytest

from connectors.base.errors import PreflightError, TerminalError
from connectors.check.report.difference import DifferenceKind
from connectors.check.report.files import FileReport, read
from connectors.check.report.summary import Summary, Verdict
from tests.fakes.differences import damaged, difference, equal, summary

ONE = difference(DifferenceKind.MISSING, key={"id": {"N": "1"}}, item={"id": {"N": "1"}})
TWO = difference(DifferenceKind.EXTRA, key={"id": {"N": "2"}}, item={"id": {"N": "2"}})


def test_differences_are_appended_as_they_are_found(tmp_path: Path) -> None:
    report = FileReport(str(tmp_path / "new" / "folder"))
    report.add([ONE])
    report.add([])
    report.add([TWO])
    assert list(read(tmp_path / "new" / "folder" / "report.jsonl")) == [ONE, TWO]


def test_after_a_restart_only_what_the_state_holds_is_left(tmp_path: Path) -> None:
    FileReport(str(tmp_path)).add([ONE, TWO])
    restarted = FileReport(str(tmp_path))
    restarted.rewrite([TWO])
    restarted.add([ONE])
    assert list(read(tmp_path / "report.jsonl")) == [TWO, ONE]


def test_a_process_that_outlives_its_replacement_does_not_touch_the_new_file(tmp_path: Path) -> None:
    orphan = FileReport(str(tmp_path))
    orphan.add([ONE])
    FileReport(str(tmp_path)).rewrite([TWO])
    orphan.add([ONE])
    assert list(read(tmp_path / "report.jsonl")) == [TWO]


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    FileReport(str(tmp_path)).add([ONE, TWO])
    path = tmp_path / "report.jsonl"
    path.write_bytes(path.read_bytes()[:-1])
    assert list(read(path)) == [ONE]


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "report.jsonl").write_bytes(b'{"table":1}\n')
    with pytest.raises(TerminalError, match="line 1 is not a difference"):
        list(read(tmp_path / "report.jsonl"))


def test_publishing_writes_summary_and_page(tmp_path: Path) -> None:
    report = FileReport(str(tmp_path))
    report.add([ONE])
    report.publish(summary(damaged(missing=1)))
    stored = msgspec.json.decode((tmp_path / "summary.json").read_bytes(), type=Summary)
    assert stored.verdict is Verdict.DIFFERENT
    assert "id = 1" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_publishing_without_a_difference_needs_no_report_file(tmp_path: Path) -> None:
    FileReport(str(tmp_path)).publish(summary(equal()))
    assert "EQUAL" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_publishing_again_leaves_nothing_else_behind(tmp_path: Path) -> None:
    report = FileReport(str(tmp_path))
    report.rewrite([])
    for _ in range(3):
        report.publish(summary(equal()))
    assert sorted(os.listdir(tmp_path)) == ["report.html", "report.jsonl", "summary.json"]


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    report = FileReport(str(tmp_path))
    report.add([ONE])
    report.publish(summary(equal()))
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_a_full_disk_tears_no_line_and_keeps_the_old_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = FileReport(str(tmp_path))
    report.add([ONE])
    report.publish(summary(equal()))
    page = (tmp_path / "report.html").read_bytes()
    write = os.write

    def full(file: int, data: bytes) -> int:
        if len(data) <= 10:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data[: len(data) - 10])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(TerminalError, match="No space left on device"):
        report.add([TWO])
    with pytest.raises(TerminalError, match="No space left on device"):
        report.publish(summary(damaged(extra=1)))
    monkeypatch.undo()
    report.add([TWO])
    assert list(read(tmp_path / "report.jsonl")) == [ONE, TWO]
    assert (tmp_path / "report.html").read_bytes() == page
    assert sorted(os.listdir(tmp_path)) == ["report.html", "report.jsonl", "summary.json"]


def test_a_folder_that_cannot_be_made_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PreflightError, match="cannot be created"):
        FileReport(str(tmp_path / "file" / "folder"))


def test_what_is_found_after_rewriting_goes_into_the_new_file(tmp_path: Path) -> None:
    report = FileReport(str(tmp_path))
    report.add([ONE])
    report.rewrite([])
    report.add([TWO])
    assert list(read(tmp_path / "report.jsonl")) == [TWO]
