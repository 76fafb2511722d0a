"""A report in a bucket: made in a local folder, and copied."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

import pytest

from connectors.base.errors import PreflightError, TerminalError
from connectors.base.timing import Timing
from connectors.check.report.difference import Difference, DifferenceKind, decode
from connectors.check.report.files import FileReport
from connectors.check.report.stored import (
    COPY_SECONDS,
    CopiedReport,
    open_report,
    place_of,
    stored_differences,
    stored_lines,
)
from connectors.check.report.summary import Summary
from connectors.config import load
from tests.fakes.clock import FakeClock
from tests.fakes.differences import damaged, difference, equal, summary
from tests.fakes.storage import MemoryStorage

ONE, TWO = difference(DifferenceKind.MISSING), difference(DifferenceKind.EXTRA)


class Bucket:
    def __init__(self) -> None:
        self.storage, self.clock = MemoryStorage(), FakeClock()
        self.report = CopiedReport(self.storage, Timing(clock=lambda: self.clock.now))

    @property
    def differences(self) -> List[Difference]:
        return [decode(line) for line in self.storage.lines("report.jsonl")]

    @property
    def summary(self) -> Dict[str, Any]:
        found: Dict[str, Any] = json.loads(self.storage.objects["summary.json"])
        return found


def published(result: Summary) -> Bucket:
    bucket = Bucket()
    bucket.report.rewrite([])
    bucket.report.add([ONE])
    bucket.report.publish(result)
    return bucket


def test_the_summary_is_copied_last_because_it_says_that_the_others_are_there() -> None:
    bucket = published(summary(damaged(missing=1)))
    assert bucket.storage.written[-3:] == ["report.jsonl", "report.html", "summary.json"]
    assert bucket.differences == [ONE]
    assert bucket.summary["verdict"] == "different"


def test_the_summary_of_an_earlier_check_is_gone_as_soon_as_a_new_one_begins() -> None:
    """Its EQUAL would otherwise be read as the verdict of the check that is still running."""
    bucket = published(summary(equal()))
    CopiedReport(bucket.storage).rewrite([])
    assert "summary.json" not in bucket.storage.objects
    assert bucket.differences == []


def test_differences_are_copied_while_the_check_runs_but_not_each_on_its_own() -> None:
    bucket = Bucket()
    bucket.report.rewrite([])
    bucket.report.add([ONE])
    assert bucket.differences == []
    bucket.clock.now += COPY_SECONDS
    bucket.report.add([TWO])
    assert bucket.differences == [ONE, TWO]


def test_a_copy_that_fails_stops_the_check_and_is_no_verdict() -> None:
    bucket = Bucket()
    bucket.report.rewrite([])
    bucket.storage.error = TerminalError("s3://bucket/fake/report.jsonl cannot be written: AccessDenied")
    with pytest.raises(TerminalError, match="AccessDenied"):
        bucket.report.publish(summary(equal()))
    assert "summary.json" not in bucket.storage.objects


def test_nothing_is_left_in_the_local_folder() -> None:
    bucket = published(summary(equal()))
    folder = Path(bucket.report._folder.name)
    assert folder.exists()
    bucket.report.close()
    assert not folder.exists()


def test_a_folder_is_written_directly_and_is_tried_first(tmp_path: Path) -> None:
    assert isinstance(open_report(str(tmp_path / "new"), load([], {})), FileReport)
    assert list((tmp_path / "new").iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(PreflightError, match=r"check\.report"):
        open_report(str(tmp_path / "file" / "below"), load([], {}))


def test_a_relative_folder_is_meant_from_where_the_job_is_submitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert place_of(load([], {})) == f"{tmp_path}/check-report"
    assert place_of(load(["--set=check.report=a"], {})) == f"{tmp_path}/a"
    assert place_of(load(["--set=check.report=s3://bucket/a"], {})) == "s3://bucket/a"


def test_who_reads_a_report_need_not_be_able_to_write_it(tmp_path: Path) -> None:
    report = FileReport(str(tmp_path))
    report.add([ONE])
    tmp_path.chmod(0o500)
    try:
        assert list(stored_differences(str(tmp_path), load([], {}))) == [ONE]
    finally:
        tmp_path.chmod(0o700)


def test_a_report_that_does_not_exist_has_no_lines_and_is_not_created(tmp_path: Path) -> None:
    assert list(stored_lines(str(tmp_path / "none"), "summary.json", load([], {}))) == []
    assert not (tmp_path / "none").exists()
