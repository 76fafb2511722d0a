"""Reading the reverse job's record: what it waits for, and what breaks the chain."""

from __future__ import annotations

import json
from typing import Dict, List, Optional

import msgspec
import pytest

from connectors.check.changes import record
from connectors.check.changes.chain import BrokenChain, LogState
from connectors.check.changes.record import LIST_SECONDS, RecordReader
from connectors.model.key_record import KeySegment, LogPart, SegmentName, sealed
from connectors.model.keys import KeyAttribute, KeyReader, KeySchema
from connectors.postgres.replication.continuity import KnownIdentities, PartitionIdentity, TableIdentity
from tests.fakes.clock import FakeClock
from tests.fakes.storage import MemoryStorage

READER = KeyReader("orders", KeySchema(KeyAttribute("id", "S")))
LOG = LogState(
    positions={"a": 100, "b": 100},
    server="7",
    publications={"a": "pa", "b": "pb"},
    known=KnownIdentities(
        {"orders": TableIdentity(17, "public.orders", partitions={"18": PartitionIdentity("p", "1")})}
    ),
)


class Read:
    def __init__(self) -> None:
        self.clock, self.storage = FakeClock(), MemoryStorage()
        self.reader = RecordReader(LOG, {"orders": READER}, self.storage, self.clock)
        self.reader.until = 200

    def store(
        self,
        slot: str,
        first: int,
        through: int,
        *keys: str,
        table: str = "orders",
        unknown: Optional[Dict[str, str]] = None,
        skipped: Optional[List[int]] = None,
        fed: Optional[Dict[str, List[int]]] = None,
    ) -> SegmentName:
        name = SegmentName(LogPart(slot, "7", f"p{slot}"), 0, first, through)
        raw = [msgspec.Raw(json.dumps({"id": {"S": key}}).encode()) for key in keys]
        segment = KeySegment(name.text, {table: raw}, unknown or {}, skipped or [], fed or {})
        self.storage.write(name.text, [sealed(segment)])
        return name

    def turn(self, times: int = 1) -> None:
        for _ in range(times):
            self.reader.turn()
            self.clock.now += LIST_SECONDS

    def keys(self) -> List[str]:
        return sorted(json.loads(key)["id"]["S"] for key in self.reader.take()["orders"].values())


@pytest.fixture
def read() -> Read:
    return Read()


def test_reading_is_complete_when_the_segments_of_every_slot_reach_the_end(read: Read) -> None:
    read.store("a", 90, 150, "x")
    read.store("a", 150, 210, "y", "x")
    read.turn()
    assert not read.reader.complete(0.0)
    read.store("b", 100, 200, "z")
    read.turn()
    assert read.reader.complete(0.0)
    assert read.reader.count == 3
    assert read.reader.log().positions == {"a": 210, "b": 200}
    assert read.keys() == ["x", "y", "z"]


def test_the_next_generation_reads_only_what_follows(read: Read) -> None:
    read.store("a", 100, 200, "x")
    read.store("b", 100, 200)
    read.turn()
    read.reader.take()
    read.store("a", 200, 250, "y")
    read.turn()
    assert read.keys() == ["y"]


def test_keys_of_other_tables_are_ignored(read: Read) -> None:
    read.store("a", 100, 200, "x", table="others", unknown={"others": "why"}, skipped=[99])
    read.turn()
    assert read.keys() == []


@pytest.mark.parametrize(
    ("unknown", "skipped", "reason"),
    [
        ({"orders": "it was truncated"}, [], "table orders: it was truncated"),
        ({}, [17], "left out by the reverse job"),
        ({}, [18], "left out by the reverse job"),
    ],
)
def test_changes_that_are_not_known_break_the_chain(
    read: Read, unknown: Dict[str, str], skipped: List[int], reason: str
) -> None:
    read.store("a", 100, 200, unknown=unknown, skipped=skipped)
    with pytest.raises(BrokenChain, match=reason):
        read.turn()


@pytest.mark.parametrize("oid", [17, 18])
def test_a_relation_that_fed_another_table_for_some_time_breaks_the_chain(read: Read, oid: int) -> None:
    read.store("a", 100, 150, "x", fed={"orders": [oid], "others": [99]})
    read.turn()
    read.store("a", 150, 200, "x", table="others", fed={"others": [oid]})
    with pytest.raises(BrokenChain, match="wrote the rows of table orders to table others"):
        read.turn()


def test_a_damaged_segment_breaks_the_chain(read: Read) -> None:
    name = read.store("a", 100, 200, "x")
    read.storage.objects[name.text] = read.storage.objects[name.text].replace(b'"x"', b'"y"')
    with pytest.raises(BrokenChain, match="is damaged"):
        read.turn()


def test_a_hole_breaks_the_chain_unless_it_was_only_the_listing_that_had_it(read: Read) -> None:
    read.store("b", 100, 200)
    read.store("a", 150, 200)
    read.turn(record.HOLE_LISTINGS - 1)
    read.store("a", 100, 150)
    read.turn()
    assert read.reader.complete(0.0)
    read.store("a", 230, 240)
    read.turn(record.HOLE_LISTINGS - 1)
    with pytest.raises(BrokenChain, match="lacks the changes of slot a"):
        read.turn()


def test_a_segment_that_is_replaced_while_it_is_read_is_read_from_the_longer_one(read: Read) -> None:
    read.store("b", 100, 200)
    read.store("a", 100, 150, "x")
    gone = read.store("a", 150, 200, "y")
    names = read.storage.names()
    read.storage.names = lambda prefix="": names  # type: ignore[method-assign]
    read.storage.delete(gone.text)
    read.turn()
    assert read.reader.positions["a"] == 150
    del read.storage.names  # type: ignore[method-assign]
    read.store("a", 100, 200, "x", "y")
    read.turn()
    assert read.reader.complete(0.0)
    assert read.keys() == ["x", "y"]


def test_a_record_that_does_not_go_on_breaks_the_chain(read: Read) -> None:
    read.store("a", 100, 200)
    read.turn(int(record.PATIENCE_SECONDS / LIST_SECONDS))
    with pytest.raises(BrokenChain, match="lacks the changes of slot b"):
        read.turn(3)


def test_too_many_keys_break_the_chain(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "MOST_KEYS", 2)
    read.store("a", 100, 200, "x", "y", "z")
    with pytest.raises(BrokenChain, match="too many for one process"):
        read.turn()
