"""What the reading thread tells the recorder."""

from __future__ import annotations

from typing import Any, List, Sequence

import pytest

from connectors.model.digests import Entry
from connectors.postgres.pgoutput.messages import Begin, Commit, Delete, Insert, Truncate, Update
from connectors.postgres.replication.confirmed import Session
from connectors.postgres.replication.inbox import Keepalive
from connectors.reverse.recording import ChangeRecorder, NewKey
from tests.unit.connectors.reverse.test_reading import Bench, put, row


class Told(ChangeRecorder):
    def __init__(self) -> None:
        self.told: List[Any] = []

    def begin(self, session: Session, new_key: NewKey) -> None:
        self.told.append("session")

    def change(self, relation: int, table: str, entries: Sequence[Entry]) -> None:
        self.told.append((relation, table, len(entries)))

    def truncate(self, tables: Sequence[str], relations: Sequence[int]) -> None:
        self.told.append(("truncate", list(tables), list(relations)))

    def reach(self, lsn: int) -> None:
        self.told.append(lsn)


def told(*messages: Any, **given: Any) -> List[Any]:
    """What is told of one transaction, without its end."""
    bench = Bench(**given)
    bench.reading._recorder = recorder = Told()
    end = bench.transaction(*messages)
    bench.turn()
    assert (recorder.told[0], recorder.told[-1]) == ("session", end)
    return recorder.told[1:-1]


def test_each_change_is_told_also_those_that_are_not_written() -> None:
    mark = Insert(9, [b"0-1", b'{"id":{"S":"0-1"}}'])
    assert told(put("a"), mark) == [(1, "users", 1)], "an echo"
    moved = Update(3, row("b", "1"), old=row("a", "1"))
    assert told(moved) == [(3, "whole", 2)], "both keys of a row that moves"
    assert told(Delete(1, key=[b"a", None])) == [(1, "users", 1)]


def test_a_change_that_a_deferrable_key_makes_meaningless_is_told() -> None:
    swap = (Update(3, row("b", "1"), old=row("a", "1")), Update(3, row("a", "2"), old=row("b", "2")))
    assert told(*swap, deferrable=(3,)) == [(3, "whole", 2), (3, "whole", 2)]


def test_a_change_of_a_relation_that_is_skipped_is_told() -> None:
    assert told(Insert(2, [b"a"])) == [(2, "", 0)]


@pytest.mark.parametrize(("relations", "tables"), [([1], ["users"]), ([2], [])])
def test_a_truncate_is_told(relations: List[int], tables: List[str]) -> None:
    assert told(Truncate(relations, False, False), truncate="delete") == [("truncate", tables, relations)]


def test_a_position_is_told_between_transactions_only() -> None:
    bench = Bench()
    bench.reading._recorder = recorder = Told()
    bench.inbox.put(Keepalive(150, 0))
    bench.send(Begin(400, 0, 7), put("a"))
    bench.inbox.put(Keepalive(390, 0))
    bench.send(Commit(400, 408, 0))
    bench.turn()
    assert recorder.told == ["session", 150, (1, "users", 1), 408]
