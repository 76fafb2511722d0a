from __future__ import annotations

from pathlib import Path

import pytest

from connectors.base.errors import ConfigError
from connectors.config import load

NOT_LOCAL = [
    "s3://bucket/d",
    "oss://b/d",
    "hdfs://n/d",
    "file:///d",
    "file:/d",
    "S3A://b/d",
    "C:\\d",
    "//b/d",
]
NOT_WRITTEN_OUT = ["~/d", "~user/d", "$HOME/d", "/data/$USER/d", "/data/${X}"]
NOT_ABSOLUTE = ["d", "./d", "../d", "no", "false", "off", "1", "' /d'", "/", "/.", "/..", "/./"]


@pytest.mark.parametrize("path", [*NOT_LOCAL, *NOT_WRITTEN_OUT, *NOT_ABSOLUTE])
def test_dead_letters_take_an_absolute_local_folder_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"--set number 1: deadLetter\.path: must be the absolute path"):
        load([f"--set=deadLetter.path={path}"], {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "path", ["/mnt/dead", "/mnt/dead letters/é", "/mnt/~/dead", "/mnt/a:b", "/mnt/../dead"]
)
def test_an_absolute_folder_is_used_unchanged(path: str) -> None:
    assert load([f"--set=deadLetter.path={path}"], {}).dead_letter.path == path


@pytest.mark.parametrize("path", ["", "~", "null"])
def test_nothing_is_nothing(path: str) -> None:
    assert load([f"--set=deadLetter.path={path}"], {}).dead_letter.path is None


@pytest.mark.parametrize("path", [*NOT_LOCAL, *NOT_WRITTEN_OUT])
@pytest.mark.parametrize("key", ["check.report", "check.keys"])
def test_what_no_folder_of_this_machine_is_called_is_refused_for_a_report_too(key: str, path: str) -> None:
    with pytest.raises(ConfigError, match=f"{key}: must be a path"):
        load([f"--set={key}={path}"], {})


@pytest.mark.parametrize("path", ["report", "./report", "../report", "/tmp/report"])
def test_a_report_may_be_relative_to_where_the_job_is_submitted(path: str) -> None:
    assert load([f"--set=check.report={path}"], {}).check.report == path
