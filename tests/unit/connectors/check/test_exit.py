"""The verdict is printed and decides the exit code, whatever else this machine can see."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from connectors.base.errors import TransientError
from connectors.check import exit as module
from connectors.check.exit import show
from connectors.check.report.difference import DifferenceKind
from connectors.check.report.files import FileReport
from connectors.config import Settings
from tests.fakes.differences import damaged, difference, equal, summary

DIFFERENT = msgspec.json.encode(summary(damaged(missing=1))).decode()


def test_examples_are_shown_where_the_report_can_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    FileReport(str(tmp_path)).add([difference(DifferenceKind.MISSING, key={"pid": {"S": "lost"}})])
    assert show(DIFFERENT, str(tmp_path), Settings()) == 1
    shown = capsys.readouterr()
    assert "lost" in shown.out
    assert str(tmp_path) in shown.out


def test_an_equal_verdict_is_0(tmp_path: Path) -> None:
    assert show(msgspec.json.encode(summary(equal())).decode(), str(tmp_path), Settings()) == 0


@pytest.mark.parametrize(
    "error", [TransientError("s3://bucket/r cannot be read"), ModuleNotFoundError("botocore")]
)
def test_a_report_that_only_the_workers_can_reach_costs_the_examples_and_not_the_verdict(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unreachable(place: str, settings: Settings) -> None:
        raise error

    monkeypatch.setattr(module, "stored_differences", unreachable)
    assert show(DIFFERENT, "s3://bucket/r", Settings()) == 1
    assert "s3://bucket/r/report.html" in capsys.readouterr().out
