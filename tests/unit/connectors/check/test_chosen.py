"""Keys from a file: an earlier report, or lines that a user has written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.base.errors import ConfigError
from connectors.check.chosen import ChosenSplit, read_keys
from connectors.check.finding import Finding
from connectors.model.orders import SegmentOrder
from connectors.model.records import LookupKeys
from tests.fakes.access import SCHEMA, body, item


def test_an_earlier_report_is_a_file_of_keys(tmp_path: Path) -> None:
    file = tmp_path / "report.jsonl"
    found = Finding(body(item(1)), body(item(1, v={"S": "a"})), None)
    line = found.line("orders", 1.0, 2.0, changing=False)
    file.write_bytes(line + b'\n{"table":"t","key":{"id":{"N":"2"}}}')
    keys = read_keys(str(file))
    assert {table: [json.loads(key) for key in of] for table, of in keys.items()} == {
        "orders": [item(1)],
        "t": [item(2)],
    }


def test_documents_that_a_report_names_by_their_id_are_left_out_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "report.jsonl"
    keys = ({"_id": {"$oid": "6b036f3ecfe46ce541328ba9"}}, {"_id": "x"}, {"_id": {"S": "a"}}, item(2))
    file.write_text("".join(json.dumps({"table": "t", "key": key}) + "\n" for key in keys))
    assert [json.loads(key) for key in read_keys(str(file))["t"]] == [{"_id": {"S": "a"}}, item(2)]
    assert "2 lines name documents by _id" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"", "contains no key"), (b'{"table": "t"}', "line 1 is not"), (b"\n\nkey", "line 3 is not")],
)
def test_a_file_that_is_not_a_list_of_keys_is_refused_with_the_line(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    file = tmp_path / "keys"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=problem):
        read_keys(str(file))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere.*cannot be read"):
        read_keys(str(tmp_path / "nowhere"))


def test_every_key_is_sent_once_even_after_a_restart() -> None:
    order = SegmentOrder("t", 1, SCHEMA, 0, 1, 0, 1)
    keys = [body(item(number, v={"S": "not the key"})) for number in range(2500)]
    sent, split = [], ChosenSplit(order, keys, 3, None)
    while True:
        batch = split.next_batch()
        assert batch is not None
        for load in batch.loads.values():
            assert isinstance(load, LookupKeys)
            sent += [json.loads(key) for key in load.keys]
        if batch.done:
            break
        split = ChosenSplit(order, keys, 3, split.snapshot())
    assert sorted(int(key["id"]["N"]) for key in sent) == list(range(2500))
    assert set(map(tuple, sent)) == {("id",)}
