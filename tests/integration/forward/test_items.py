"""Every kind of value goes over unharmed, whether the scan brings it or the stream."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from local.traffic.sizes import LIMIT, item_size
from tests.harness.pipeline import Pipeline
from tests.integration.forward.conftest import MakeJob
from tests.integration.forward.tables import Item, Sides

Value = Dict[str, Any]
Copy = Callable[[str, List[Item]], Pipeline]


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def nested(levels: int) -> Value:
    """Lists and maps in turn, and a text at the bottom, which counts as a level."""
    value: Value = {"S": "bottom"}
    for level in range(levels - 1):
        value = {"L": [value, {"NULL": True}]} if level % 2 else {"M": {"M": value, "m": {"S": ""}}}
    return value


DIGITS = "12345678901234567890123456789012345678"
NUMBERS = (
    "0", "-0", "1.0", "1E0", "100", "0.10", "-1", DIGITS, f"-{DIGITS}", f"0.{DIGITS}",
    f"{DIGITS[:19]}.{DIGITS[19:]}",
    "1E-130", "-1E-130", "9.9999999999999999999999999999999999999E+125",
    "-9.9999999999999999999999999999999999999E+125", "9007199254740993", "18446744073709551616", "0.1",
    "3.3333333333333333333333333333333", "123456789012345678901234567890123",
)  # fmt: skip
STRINGS = (
    "", " ", "null", "1.0", '{"S": "x"}', "é", "e\u0301", "🚀👩\u200d🚀", "\t\r\n", "\x01\x1f\x7f", "\\u0000",
    "\\", '"', "\u2028", "\uffff", "\U0010ffff", "x" * 70_000,
)  # fmt: skip
BINARIES = (b"", b"\x00", b"\x00\xff", bytes(range(256)), b"\xff" * 50_000)
VALUES: List[Value] = [
    *({"S": one} for one in STRINGS),
    *({"N": one} for one in NUMBERS),
    *({"B": b64(one)} for one in BINARIES),
    {"BOOL": True},
    {"BOOL": False},
    {"NULL": True},
    {"SS": ["b", "", "a", "🚀"]},
    {"NS": ["1.50", "-1E-130", DIGITS, "0"]},
    {"BS": [b64(b"\x00"), b64(b""), b64(b"\x00\x00"), b64(b"a\x00b")]},
    {"L": []},
    {"M": {}},
    {"L": [{"L": []}, {"M": {}}, {"S": ""}, {"B": ""}, {"BOOL": False}, {"NULL": True}]},
    {"M": {"S": {"N": "1"}, "N": {"M": {"L": {"L": [{"N": "1.00"}]}}}}},
    nested(32),
]
NAMES = ("a.b", "#", ":v", "N", "S", "BOOL", "size", "with space", "名前", "🚀", '"', "\\", "$", "x" * 300)


@pytest.fixture(params=["scan", "stream"])
def copied(request: pytest.FixtureRequest, sides: Sides, job: MakeJob) -> Copy:
    """Put the items where the scan, or only the stream, will find them; run until all of it is over."""

    def copy(table: str, items: List[Item]) -> Pipeline:
        if request.param == "scan":
            sides.put(table, *items)
        running = job(mode="full" if request.param == "scan" else "all")
        running.run_until(lambda: running.completion.complete)
        if request.param == "stream":
            sides.put(table, *items)
            running.run_until(lambda: running.counts[table].streamed == len(items))
            running.run_until(lambda: settled(running, table))
        counts = running.counts[table]
        assert (counts.scanned, counts.streamed)[request.param == "stream"] == len(items)
        return running

    return copy


def settled(running: Pipeline, table: str) -> bool:
    """Whether what was read has been written, or is a dead letter; of keys that change once."""
    count = running.counts[table]
    return count.written + count.dead == count.scanned + count.streamed


def holds(sides: Sides, table: str, count: int) -> None:
    verdict = sides.verdict([table])
    assert verdict.equal, str(verdict)
    assert verdict.tables[0].expected == count


def test_every_type_and_its_edges(sides: Sides, copied: Copy) -> None:
    table = sides.make("values", "id:S")
    items = [{"id": {"S": str(number)}, "value": value} for number, value in enumerate(VALUES)]
    items += [{"id": {"S": f"name {name}"}, name: {"S": name}} for name in NAMES]
    items.append({"id": {"S": "M"}, "M": {"M": {"M": {"S": ""}}}, "value": {"N": "1"}})
    items.append({"id": {"S": "alone"}})
    copied(table, items)
    holds(sides, table, len(items))


def test_numbers_keep_all_their_digits(sides: Sides, copied: Copy) -> None:
    table = sides.make("digits", "id:S")
    copied(table, [{"id": {"S": number}, "n": {"N": number}} for number in (DIGITS, "1E-130", "9.9E+125")])
    found = {item["id"]["S"]: item["n"]["N"] for item in sides.items(table)}
    assert found[DIGITS] == DIGITS
    assert len(found) == 3


def test_items_of_400_kb(sides: Sides, copied: Copy) -> None:
    table = sides.make("large", "id:S")
    items: List[Item] = [{"id": {"S": str(number)}, "body": {"S": ""}} for number in range(6)]
    for item in items:
        item["body"]["S"] = "é" * ((LIMIT - item_size(item)) // 2)
        item["body"]["S"] += "." * (LIMIT - item_size(item))
        assert item_size(item) == LIMIT
    copied(table, items)
    holds(sides, table, len(items))


KEYS = {
    "binary": (
        ("k:B",),
        [{"k": {"B": b64(one)}} for one in (b"\x00", b"\x00\x00", b"\xff", bytes(range(256)))],
    ),
    "numbers": (
        ("k:N",),
        [{"k": {"N": one}} for one in ("0", "-1", "1E-130", "9.9E+125", DIGITS, f"-{DIGITS}", "100", "0.5")],
    ),
    "texts": (
        ("k:S", "r:S"),
        [{"k": {"S": "é"}, "r": {"S": one}}
         for one in ("é", "e\u0301", "🚀", "\t", " a", "A", "x" * 900, "'; --")],
    ),
    "N and M": (
        ("N:N", "M:B"),
        [{"N": {"N": str(one)}, "M": {"B": b64(b"\x00" * one)}} for one in (1, 2, 30)],
    ),
    "odd": (("a.b:S", "#:N"), [{"a.b": {"S": "#"}, "#": {"N": str(one)}} for one in range(3)]),
    "unicode": (("名前:S", "🚀:S"), [{"名前": {"S": "a"}, "🚀": {"S": one}} for one in ("b", "c")]),
    "reserved": (("size:S", "order:N"), [{"size": {"S": "select"}, "order": {"N": "-1"}}]),
}  # fmt: skip


@pytest.mark.parametrize("kind", KEYS)
def test_keys_of_every_type_and_name(kind: str, sides: Sides, job: MakeJob) -> None:
    names, keys = KEYS[kind]
    table = sides.make("keys", *names)
    half = len(keys) // 2
    sides.put(table, *[{**key, "by": {"S": "scan"}} for key in keys[:half]])
    running = job()
    running.run_until(lambda: running.completion.complete)
    sides.put(table, *[{**key, "by": {"S": "stream"}} for key in keys[half:]])
    sides.settle(running)
    holds(sides, table, len(keys))
    sides.delete(table, *sides_keys(sides, table, list(keys[0])))
    sides.settle(running)
    assert sides.items(table) == []


def sides_keys(sides: Sides, table: str, names: List[str]) -> List[Item]:
    """Keys as the source itself writes them: the local one takes another writing in a Key for another key."""
    return [{name: item[name] for name in names} for item in sides.items(table, source=True)]


def test_a_number_key_in_other_writings_is_the_same_key(sides: Sides, job: MakeJob) -> None:
    table = sides.make("", "k:N")
    sides.put(table, *[{"k": {"N": each}, "by": {"S": "scan"}} for each in ("1.50", "100", "-0")])
    running = job()
    running.run_until(lambda: running.completion.complete)
    sides.put(table, *[{"k": {"N": each}, "by": {"S": each}} for each in ("15E-1", "1E+2", "0.0")])
    sides.settle(running)
    assert sorted(item["by"]["S"] for item in sides.items(table)) == ["0.0", "15E-1", "1E+2"]


REFUSED: List[Item] = [
    {"id": {"S": "value"}, "v": {"S": "a\x00b"}},
    {"id": {"S": "deep"}, "v": {"L": [{"M": {"x": {"SS": ["ok", "\x00"]}}}]}},
    {"id": {"S": "name"}, "a\x00b": {"N": "1"}},
]


def test_what_the_target_cannot_hold_becomes_a_dead_letter_and_the_rest_arrives(
    sides: Sides, copied: Copy, tmp_path: Path
) -> None:
    table = sides.make("nul", "id:S")
    good: List[Item] = [{"id": {"S": f"good {n}"}, "v": {"S": "\x01"}} for n in range(60)]
    running = copied(table, [*good[:20], REFUSED[0], *good[20:40], *REFUSED[1:], *good[40:]])
    assert running.dead == 3
    verdict = sides.verdict([table]).tables[0]
    assert (verdict.missing, verdict.extra, verdict.different) == (3, 0, 0)
    letters = [json.loads(line) for file in (tmp_path / "dead").glob("dead-*") for line in file.open()]
    assert sorted((letter["item"] for letter in letters), key=str) == sorted(REFUSED, key=str)
    for letter in letters:
        assert (letter["table"], letter["op"]) == (table, "put")
        assert "NUL" in letter["reason"]
        assert letter["origin"].startswith(("shard shardId-", f"{table}/1/segment 0 of 1"))
