"""Which holders of a slot are ended, and for how long."""

import contextlib
import itertools

import pytest

from connectors.base.errors import TransientError
from connectors.base.secret import Secret
from connectors.postgres.replication import slot as module
from connectors.postgres.replication.connect import Address
from connectors.postgres.replication.facts import SlotFacts
from connectors.postgres.replication.identity import Count
from connectors.postgres.replication.slot import POLL_SECONDS, Holder, SlotSource, Taken
from connectors.postgres.replication.stream import Opened
from tests.fakes.clock import FakeClock
from tests.fakes.wire import FakeWire

WIRE = FakeWire()
OPENED = Opened(WIRE, 0)


def slot_at(confirmed, restart):
    return SlotFacts("slot", "pgoutput", "logical", "db", None, restart, confirmed, "reserved", False, 900)


class Contested(SlotSource):
    """A slot that these pids hold, one after the other; then it is free."""

    def __init__(self, monkeypatch, pids, taken):
        self.holders, self.ended, clock = iter(pids), [], FakeClock()
        self.checks = 0
        super().__init__(None, "slot", "publication", taken, clock=clock, sleep=clock.sleep)
        monkeypatch.setattr(module, "_holder", lambda *_: Holder(self.holder, "", "", ""))
        monkeypatch.setattr(module, "free", lambda _, pid: self.ended.append(pid))

    def _check(self, confirmed):
        self.checks += 1
        return 42

    def _start(self):
        self.holder = next(self.holders, None)
        return OPENED if self.holder is None else None


def test_a_holder_that_releases_the_slot_slowly_is_ended_once(monkeypatch):
    source = Contested(monkeypatch, [7, 7, 7], Taken(120, free=True))
    assert source.connect().wire is OPENED.wire
    assert source.ended == [7]


def test_a_rival_that_takes_the_slot_first_is_ended_like_the_holder_before_it(monkeypatch):
    source = Contested(monkeypatch, [7, 7, 8, 8, 9], Taken(120, free=True))
    assert source.connect().wire is OPENED.wire
    assert source.ended == [7, 8, 9]


def test_an_endless_series_of_rivals_is_ended_only_within_the_bound(monkeypatch):
    source = Contested(monkeypatch, itertools.count(7), Taken(10, free=True))
    with pytest.raises(TransientError, match="for more than 10 s"):
        source.connect()
    assert len(source.ended) == 10 / POLL_SECONDS + 1


def test_no_connection_is_ended_when_the_slot_is_to_be_waited_for(monkeypatch):
    source = Contested(monkeypatch, [7, 8], Taken(120, free=False))
    assert source.connect().wire is OPENED.wire
    assert source.ended == []


def test_a_session_begins_at_the_slots_position_once_the_slot_is_held(monkeypatch):
    source = Contested(monkeypatch, [], Taken(10, free=False))
    assert source.connect().floor == 42
    assert source.checks == 2


def test_a_slot_that_was_created_again_before_it_was_held_is_released(monkeypatch):
    source = Contested(monkeypatch, [], Taken(10, free=False))
    positions = iter([42])
    monkeypatch.setattr(source, "_check", lambda confirmed: next(positions))
    with pytest.raises(StopIteration):
        source.connect()
    assert WIRE.closed


def starting_at_60(monkeypatch, facts):
    """Shows the first of `facts`."""
    monkeypatch.setattr(module, "connected", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(module, "server_start", lambda _: "17")
    monkeypatch.setattr(module, "read_slots", lambda *_: [facts[0]])
    monkeypatch.setattr(module, "count", lambda *_: Count("1.0", 1))
    address = Address("127.0.0.1", 1, "db", Secret("user"), Secret("password"), "prefer")
    source = SlotSource(address, "slot", "publication", Taken(10, free=False), start=60)
    monkeypatch.setattr(source, "_start", lambda: OPENED)
    return source


def test_a_start_position_that_the_slot_has_passed_is_forgotten(monkeypatch):
    """After a failover the log may be behind it again, with other changes: they must not be skipped."""
    facts = [slot_at(90, restart=60), slot_at(50, restart=40)]
    source = starting_at_60(monkeypatch, facts)
    assert source.connect().floor == 90
    facts.pop(0)
    assert source.connect().floor == 50


def test_a_start_position_is_kept_while_a_crash_of_the_server_can_move_the_slot_before_it(monkeypatch):
    facts = [slot_at(90, restart=59), slot_at(50, restart=59)]
    source = starting_at_60(monkeypatch, facts)
    assert source.connect().floor == 90
    facts.pop(0)
    assert source.connect().floor == 60
