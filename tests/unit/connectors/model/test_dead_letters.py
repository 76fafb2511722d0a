from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any, List

import pytest

from connectors.base.errors import PreflightError, TerminalError, TransientError
from connectors.model.dead_letters import DeadLetter, StoredDeadLetters
from connectors.model.writes import Write
from connectors.storage.folder import FolderStorage
from tests.fakes.storage import MemoryStorage

PUT = Write(
    "orders", b'{"id":{"N":"1.50"},\r\n "s":{"S":"\\u0000 \xc3\xa9"}}', False, "shard shardId-1 from 12"
)
DELETE = Write("orders", b'{"id":{"N":"2"}}', True, "segment 3 of 8")


def stored(directory: Path, **options: Any) -> StoredDeadLetters:
    return StoredDeadLetters(FolderStorage(str(directory), "deadLetter.path"), **options)


def lines(directory: Path) -> List[bytes]:
    return [line for file in directory.iterdir() for line in file.read_bytes().splitlines()]


def test_a_letter_is_one_line_with_the_body_as_it_came(tmp_path: Path) -> None:
    letters = stored(tmp_path, clock=lambda: 12.5)
    letters.add([DeadLetter(PUT, "too large"), DeadLetter(DELETE, 'said "no"')])
    first, second = lines(tmp_path)
    assert json.loads(first) == {
        "time": 12.5,
        "table": "orders",
        "op": "put",
        "item": {"id": {"N": "1.50"}, "s": {"S": "\0 é"}},
        "reason": "too large",
        "origin": "shard shardId-1 from 12",
    }
    assert b'{"id":{"N":"1.50"},' in first
    assert json.loads(second)["key"] == {"id": {"N": "2"}}
    assert (json.loads(second)["op"], json.loads(second)["reason"]) == ("delete", 'said "no"')


def test_a_body_that_is_no_json_is_kept_whole_in_base64(tmp_path: Path) -> None:
    stored(tmp_path).add([DeadLetter(Write("T", b'{"a":\xff', False, ""), "r")])
    (line,) = lines(tmp_path)
    assert base64.b64decode(json.loads(line)["base64"]) == b'{"a":\xff'


def test_a_body_that_is_nested_too_deeply_to_be_read_is_kept_whole_in_base64(tmp_path: Path) -> None:
    body = b'{"a":%b}' % (b'{"L":[' * 600 + b"]}" * 600)
    stored(tmp_path).add([DeadLetter(Write("T", body, False, ""), "r")])
    (line,) = lines(tmp_path)
    assert base64.b64decode(json.loads(line)["base64"]) == body


def test_letters_are_on_disk_before_add_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: List[bool] = []
    real = os.fsync

    def fsync(file: int) -> None:
        synced.append(bool(lines(tmp_path)))
        real(file)

    monkeypatch.setattr(os, "fsync", fsync)
    stored(tmp_path).add([DeadLetter(DELETE, "r")])
    assert synced == [False, True]  # the directory once the file is in it, then the file with the letter


def test_each_process_and_each_restart_writes_a_file_of_its_own(tmp_path: Path) -> None:
    for _ in range(2):
        letters = stored(tmp_path)
        letters.add([DeadLetter(DELETE, "r")])
        letters.add([DeadLetter(PUT, "r")])
        letters.close()
    assert len(list(tmp_path.iterdir())) == 2
    assert len(lines(tmp_path)) == 4


def test_no_file_is_made_for_no_letters(tmp_path: Path) -> None:
    letters = stored(tmp_path / "made" / "here")
    letters.add([])
    letters.close()
    assert list((tmp_path / "made" / "here").iterdir()) == []


def test_a_letter_that_could_not_be_stored_leaves_no_torn_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = stored(tmp_path)
    letters.add([DeadLetter(DELETE, "first")])
    real = os.write

    def full(file: int, data: Any) -> int:
        if len(data) > 20:
            return real(file, data[:20])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", lambda file, data: full(file, data[:20] if len(data) < 100 else data))
        with pytest.raises(TerminalError, match="No space left"):
            letters.add([DeadLetter(DELETE, "second")])
    letters.add([DeadLetter(DELETE, "third")])
    assert [json.loads(line)["reason"] for line in lines(tmp_path)] == ["first", "third"]


def test_a_folder_that_cannot_be_made_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PreflightError, match="cannot be created"):
        stored(tmp_path / "file" / "below")


def test_only_the_owner_can_read_the_items(tmp_path: Path) -> None:
    stored(tmp_path).add([DeadLetter(PUT, "r")])
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("kind", [TransientError, TerminalError])
def test_a_place_that_may_work_again_is_a_transient_error_and_the_job_restarts(kind: Any) -> None:
    """A terminal one would end the job for a minute's outage of the bucket."""
    storage = MemoryStorage()
    storage.error = kind("s3://bucket/d cannot be written")
    with pytest.raises(kind, match="Nothing is lost"):
        StoredDeadLetters(storage).add([DeadLetter(PUT, "r")])
