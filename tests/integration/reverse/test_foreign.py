"""Writes of others at a real PostgreSQL, found through the slot before the reverse job needs it."""

from __future__ import annotations

import time
from typing import Any, Callable, List

import pytest
from click.testing import CliRunner

from connectors.base.errors import TerminalError, TransientError
from connectors.command.app import polarshake
from connectors.command.cutover.foreign import WatchedSlots, described
from connectors.command.slot.watch import StoredWrites
from connectors.config.settings import Settings
from connectors.reverse import foreign_watch
from connectors.reverse.foreign import ForeignWrites
from connectors.reverse.foreign_watch import ForeignWatch
from connectors.reverse.validate import set_up
from connectors.storage.folder import FolderStorage
from tests.integration.reverse.pair import DatabasePair, item

Make = Callable[..., Settings]


def forward_writes(pair: DatabasePair, marks: str, table: str, *keys: str) -> None:
    """As the forward job does: the mark and the changes in one transaction."""
    connection = pair.connect()
    connection.autocommit = False
    pair.put(marks, item("0-1", n=str(time.monotonic())), connection=connection)
    pair.put(table, *map(item, keys), connection=connection)
    connection.commit()
    connection.close()


class Watched:
    def __init__(self, pair: DatabasePair, settings: Settings, folder: str) -> None:
        self.pair, self.settings = pair, settings
        self.table, self.marks = pair.make(), pair.make_marks()
        set_up(settings, print)
        self.watch = ForeignWatch(settings, StoredWrites(FolderStorage(folder, "check.report")))

    def look(self) -> ForeignWrites:
        writes, whole = self.watch.look(print)
        assert whole
        return writes


@pytest.fixture
def watched(pair: DatabasePair, settings: Make, tmp_path: Any) -> Watched:
    return Watched(pair, settings(pair, check__report=tmp_path / "report"), str(tmp_path / "report"))


def test_only_what_the_forward_job_did_not_write_is_found_and_the_slot_keeps_nothing(
    watched: Watched,
) -> None:
    pair, table = watched.pair, watched.table
    assert watched.look().tables == {}
    forward_writes(pair, watched.marks, table, "a", "b")
    pair.sql("CREATE TABLE elsewhere (n int PRIMARY KEY)")
    pair.sql("INSERT INTO elsewhere VALUES (1)")
    end = pair.lsn()
    assert watched.look().tables == {}
    assert pair.confirmed() >= end
    pair.put(table, item("c"))
    pair.delete(table, "a")
    found = watched.look().tables
    assert {name: each.transactions for name, each in found.items()} == {table: 2}
    assert abs(found[table].last - time.time()) < 60
    assert watched.look().tables == found


def test_a_long_log_is_read_in_pieces_and_a_crash_between_two_counts_nothing_twice(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.look()
    monkeypatch.setattr(foreign_watch, "PIECE", 6)
    for number in range(9):
        watched.pair.put(watched.table, item(f"k{number}"))

    def crash(*_: Any) -> None:
        raise TransientError("the connection was lost")

    with monkeypatch.context() as crashing:
        crashing.setattr(foreign_watch, "advance", crash)
        with pytest.raises(TransientError):
            watched.watch.look(print)
    assert watched.look().tables[watched.table].transactions == 9


def test_a_slot_that_somebody_has_moved_begins_the_watch_again(watched: Watched) -> None:
    since = watched.look().since
    assert watched.look().since == since
    watched.pair.put(watched.table, item("a"))
    watched.pair.sql("SELECT pg_replication_slot_advance(%s, pg_current_wal_lsn())", watched.pair.slot)
    assert watched.look().since > since


def test_a_look_stops_when_its_time_is_over(watched: Watched) -> None:
    assert watched.watch.look(print, 0.0)[1] is False


def test_without_marks_nothing_can_be_told_apart(pair: DatabasePair, settings: Make, tmp_path: Any) -> None:
    with pytest.raises(TerminalError, match=r"write\.markOrigin"):
        ForeignWatch(
            settings(pair, write__markOrigin="none"),
            StoredWrites(FolderStorage(str(tmp_path), "check.report")),
        )


def test_the_cut_over_learns_who_has_written_since_the_full_check(watched: Watched, job: Any) -> None:
    said: List[str] = []
    slots = WatchedSlots(watched.settings)
    assert slots.since(0.0, said.append) is None
    watched.look()
    forward_writes(watched.pair, watched.marks, watched.table, "a")
    began = time.time() + 10
    assert described(slots.since(began, said.append)).text.startswith("nobody else has written")
    assert "not watched" in described(slots.since(0.0, said.append)).text
    watched.pair.put(watched.table, item("b"))
    assert described(slots.since(time.time() - 60, said.append)).refuses
    watched.pair.drop_slot(watched.pair.slot)
    assert "not watched" in described(slots.since(began, said.append)).text
    assert "does not exist" in said[-1]


def test_the_command_creates_the_slot_and_says_what_it_has_found(
    pair: DatabasePair, source: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pair.make()
    pair.make_marks()
    monkeypatch.setenv("POLARSHAKE_POLARDB_USERNAME", pair.postgres.user)
    monkeypatch.setenv("POLARSHAKE_POLARDB_PASSWORD", pair.postgres.password.reveal())
    monkeypatch.setenv("POLARSHAKE_DYNAMODB_AK", "key")
    monkeypatch.setenv("POLARSHAKE_DYNAMODB_SK", "secret")
    sets = {
        "dynamodb.endpoint": source.address,
        "dynamodb.region": "us-east-1",
        "polardb.hostname": pair.postgres.host,
        "polardb.port": pair.postgres.port,
        "polardb.database": pair.database,
        "polardb.slotName": pair.slot,
        "polardb.publication": pair.publication,
    }
    words = [word for name, value in sets.items() for word in ("--set", f"{name}={value}")]
    command = ["slot", "watch", "--report", str(tmp_path / "report"), *words]
    first = CliRunner().invoke(polarshake, command)
    assert (first.exit_code, "nobody but the forward job" in first.output) == (0, True), first.output
    pair.put(table, item("a"))
    second = CliRunner().invoke(polarshake, command)
    assert (second.exit_code, f"{table} (1 transaction" in second.output) == (1, True), second.output
