"""Data is on disk when a call returns, complete, and readable by the owner only."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import durable
from connectors.base.errors import PreflightError

Steps = List[str]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    """The operations on the disk in their order: names of synced files, and replacements."""
    recorded: Steps = []
    fsync, replace = os.fsync, os.replace

    def synced(file: int) -> None:
        recorded.append(f"sync {'folder' if stat.S_ISDIR(os.fstat(file).st_mode) else 'file'}")
        fsync(file)

    def replaced(old: Any, new: Any) -> None:
        recorded.append("replace")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    return recorded


def fill_disk(patch: pytest.MonkeyPatch, left: int) -> None:
    """Fill the disk, so that only `left` more bytes can be written."""
    write = os.write

    def limited(file: int, data: Any) -> int:
        nonlocal left
        if not left:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = write(file, bytes(data)[:left])
        left -= written
        return written

    patch.setattr(os, "write", limited)


def test_a_new_file_is_in_its_folder_before_anything_is_in_the_file(tmp_path: Path, steps: Steps) -> None:
    file = durable.open_to_append(tmp_path / "log")
    durable.append(file, b"one\n")
    os.close(file)
    assert steps == ["sync folder", "sync file"]
    assert (tmp_path / "log").read_bytes() == b"one\n"


def test_a_file_is_replaced_only_by_one_that_is_on_disk(tmp_path: Path, steps: Steps) -> None:
    durable.replace(tmp_path / "page", [b"old"])
    durable.replace(tmp_path / "page", [b"n", b"ew"])
    assert steps == ["sync file", "replace", "sync folder"] * 2
    assert (tmp_path / "page").read_bytes() == b"new"


def test_an_existing_file_is_appended_to(tmp_path: Path) -> None:
    for line in (b"one\n", b"two\n"):
        file = durable.open_to_append(tmp_path / "log")
        durable.append(file, line)
        os.close(file)
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\n"


@given(left=st.integers(0, 9))
def test_a_full_disk_tears_no_line(tmp_path_factory: pytest.TempPathFactory, left: int) -> None:
    path = tmp_path_factory.mktemp("full") / "log"
    file = durable.open_to_append(path)
    durable.append(file, b"first\n")
    with pytest.MonkeyPatch.context() as patched:
        fill_disk(patched, left)
        with pytest.raises(OSError, match="No space left"):
            durable.append(file, b"0123456789\n")
    durable.append(file, b"third\n")
    os.close(file)
    assert path.read_bytes() == b"first\nthird\n"


def test_a_full_disk_leaves_the_old_contents_and_no_other_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    durable.replace(tmp_path / "page", [b"old"])
    fill_disk(monkeypatch, 2)
    with pytest.raises(OSError, match="No space left"):
        durable.replace(tmp_path / "page", [b"new contents"])
    assert [each.name for each in tmp_path.iterdir()] == ["page"]
    assert (tmp_path / "page").read_bytes() == b"old"


def test_files_are_for_the_owner_only(tmp_path: Path) -> None:
    os.close(durable.open_to_append(tmp_path / "log"))
    durable.replace(tmp_path / "page", [b"x"])
    assert {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()} == {0o600}


def test_a_folder_is_created_with_its_parents_and_may_exist(tmp_path: Path) -> None:
    for _ in range(2):
        durable.make_folder(tmp_path / "a" / "b", "report")
    assert (tmp_path / "a" / "b").is_dir()


def test_a_folder_that_cannot_be_used_is_named_with_its_purpose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PreflightError, match=r"report: .*below cannot be created: Not a directory"):
        durable.make_folder(tmp_path / "file" / "below", "report")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    with pytest.raises(PreflightError, match=r"report: .* is not writable by this user"):
        durable.make_folder(tmp_path, "report")
