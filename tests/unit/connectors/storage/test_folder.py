from __future__ import annotations

import os
from pathlib import Path
from typing import List

import pytest

from connectors.base.errors import PreflightError, TerminalError
from connectors.storage.contract import Storage, content
from connectors.storage.folder import FolderStorage
from connectors.storage.probe import BODY, probe


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return FolderStorage(str(tmp_path), "a test")


def test_an_object_is_replaced_read_listed_and_deleted(storage: Storage) -> None:
    storage.write("b", [b"old\n"])
    storage.write("b", [b"new\n", b"er\n", b"torn"])
    storage.write("a", [])
    assert list(storage.lines("b")) == [b"new\n", b"er\n", b"torn"]
    assert (storage.names(), storage.names("b")) == (["a", "b"], ["b"])
    storage.delete("b")
    storage.delete("b")
    assert storage.names() == ["a"]
    assert list(storage.lines("b")) == []


def test_a_log_is_one_file_that_only_the_owner_can_read(storage: Storage, tmp_path: Path) -> None:
    log = storage.log("dead-1")
    assert storage.names() == []
    log.append(b"one\n")
    log.append(b"two\n")
    log.close()
    assert content(storage, "dead-1.jsonl") == b"one\ntwo\n"
    assert (tmp_path / "dead-1.jsonl").stat().st_mode & 0o077 == 0


def test_what_cannot_be_written_names_the_file_and_the_reason(tmp_path: Path) -> None:
    storage = FolderStorage(str(tmp_path / "d"), "a test")
    (tmp_path / "d").rmdir()
    with pytest.raises(TerminalError, match=r"/d/x cannot be written: No such file or directory"):
        storage.write("x", [b""])


def test_a_place_is_written_read_and_deleted_from(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: List[bytes] = []
    unlink = Path.unlink

    def watched(path: Path, missing_ok: bool = False) -> None:
        seen.append(path.read_bytes())
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", watched)
    probe(storage, "deadLetter.path")
    assert seen == [BODY]
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_gives_back_something_else_is_refused(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "lines", lambda name: iter([b"an older page of a cache\n"]))
    with pytest.raises(PreflightError, match=r"check\.report: .* does not return the data"):
        probe(storage, "check.report")


def test_a_place_from_which_nothing_can_be_deleted_is_refused_with_its_key(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Operation not permitted")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(PreflightError, match=r"deadLetter\.path: .*deleted: Operation not permitted"):
        probe(storage, "deadLetter.path")


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PreflightError, match=r"deadLetter\.path: .* cannot be created"):
        FolderStorage(os.fspath(tmp_path / "file" / "below"), "deadLetter.path")
