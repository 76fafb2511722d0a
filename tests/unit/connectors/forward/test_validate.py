from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Callable

import pytest

from connectors.base.errors import ConfigError, PolarshakeError, PreflightError
from connectors.check import validate as before_check
from connectors.config import Settings
from connectors.forward import validate as before_forward
from connectors.forward.components import ForwardJob, ForwardParts
from connectors.forward.validate import validate
from connectors.targets.open import open_target
from tests.unit.connectors.forward.samples import settings_of


@pytest.fixture
def without_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[[str], object] = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "botocore" else real(name))


def test_every_setting_the_job_cannot_do_without_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as raised:
        validate(Settings(), False)
    assert "polardb.endpoint" in str(raised.value)
    assert "polardb.accessKey" in str(raised.value)


@pytest.mark.usefixtures("without_botocore")
def test_a_new_scan_after_a_gap_needs_no_folder_for_dead_letters() -> None:
    validate(settings_of(streams_gap="rescan", deadLetter_path=""), False)


@pytest.mark.usefixtures("without_botocore")
def test_where_the_client_lacks_botocore_only_the_settings_are_checked() -> None:
    validate(settings_of(), False)


def test_a_side_that_does_not_answer_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(before_forward, "ANSWER_SECONDS", 0.0)
    with pytest.raises(PolarshakeError, match=r"dynamodb\.endpoint|polardb\.endpoint") as raised:
        validate(settings_of(), False)
    assert "secret" not in str(raised.value)


def test_the_place_of_dead_letters_is_tried_by_the_workers_and_not_by_the_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client may see another folder under the same path, or none."""
    monkeypatch.setattr(before_forward, "ANSWER_SECONDS", 0.0)
    with pytest.raises(PolarshakeError):
        validate(settings_of(**{"deadLetter_path": str(tmp_path / "folder")}), False)
    assert not (tmp_path / "folder").exists()


def test_the_place_of_dead_letters_is_tried_before_a_table_is_created(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    parts = ForwardParts(settings_of(**{"deadLetter_path": str(tmp_path / "file" / "folder")}))
    with pytest.raises(PreflightError, match=r"deadLetter\.path"):
        parts.poller(first_attempt=True)


SAME = {
    "dynamodb_endpoint": "http://localhost:1",
    "polardb_endpoint": "http://127.0.0.1:1",
    "polardb_region": "cn-north-1",
}
OWN_TABLES = r"polardb\.endpoint leads to the source's own tables"


@pytest.mark.parametrize("existing", ["keep", "recreate"])
def test_a_target_that_is_the_source_is_refused_before_anything_is_asked(existing: str) -> None:
    with pytest.raises(PreflightError, match=OWN_TABLES):
        validate(settings_of(**SAME, tables_existing=existing), False)


def test_the_worker_refuses_it_too() -> None:
    with pytest.raises(PreflightError, match=OWN_TABLES):
        ForwardJob(settings_of(**SAME)).open().poller(True)


@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_a_side_is_not_checked_against_itself(direction: str) -> None:
    settings = settings_of(**SAME, check_direction=direction)
    with pytest.raises(PreflightError, match=OWN_TABLES):
        before_check.validate(settings)
    with pytest.raises(PreflightError, match=OWN_TABLES):
        open_target(settings).check_sides(lambda: None)
