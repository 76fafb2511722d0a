from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Callable, Iterator, List

import pytest

from connectors.base.errors import PreflightError

Main = Callable[[List[str]], None]


def stub(name: str, **members: Any) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(members)
    return module


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch) -> Iterator[Main]:
    """The job's main with the parts that need Flink replaced; running the job would fail the test."""

    def never(*arguments: object) -> None:
        raise AssertionError("the job was started")

    graph = stub("graph", environment=never, notices=never, resumed=lambda: False)
    submit = stub("submit", leave=sys.exit, submit=never, run_to_completion=never)
    monkeypatch.setitem(sys.modules, "connectors.engine.flink.graph", graph)
    monkeypatch.setitem(sys.modules, "connectors.engine.flink.submit", submit)
    for name in list(os.environ):
        if name.startswith(("AWS_", "POLARDB_", "DYNAMODB_")):
            monkeypatch.delenv(name)
    monkeypatch.delitem(sys.modules, "jobs.forward", raising=False)
    import jobs.forward

    yield jobs.forward.main
    monkeypatch.delitem(sys.modules, "jobs.forward", raising=False)


def refused(main: Main, capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """The message of a job that ends with 2 and without a stack trace."""
    with pytest.raises(SystemExit) as ended:
        main(list(argv))
    assert ended.value.code == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Traceback" not in shown.err
    return shown.err


def test_a_missing_file_is_named(main: Main, capsys: pytest.CaptureFixture[str]) -> None:
    assert "/nowhere.yaml" in refused(main, capsys, "--config", "/nowhere.yaml")


def test_a_wrong_value_is_named_with_what_is_allowed(
    main: Main, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "application.yaml"
    file.write_text("mode: everything\nreaders: 0\n")
    message = refused(main, capsys, "--config", str(file))
    assert "mode" in message
    assert "incremental" in message
    assert "readers" in message


def test_an_unknown_option_is_refused_without_repeating_what_may_be_a_secret(
    main: Main, capsys: pytest.CaptureFixture[str]
) -> None:
    message = refused(main, capsys, "--polardbsecret", "hunter2")
    assert message.strip()
    assert "hunter2" not in message


def test_a_missing_required_setting_is_reported(main: Main, capsys: pytest.CaptureFixture[str]) -> None:
    message = refused(main, capsys)
    assert "polardb.endpoint" in message
    assert "--polardbak" in message


def test_a_side_that_does_not_meet_the_requirements_is_reported(
    main: Main, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(settings: object, resumed: bool) -> None:
        raise PreflightError("table t: no")

    monkeypatch.setattr(sys.modules["jobs.forward"], "validate", refuse)
    assert refused(main, capsys) == "table t: no\n"
