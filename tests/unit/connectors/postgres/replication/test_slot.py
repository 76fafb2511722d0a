"""Who is made to let go of a slot, and for how long."""

import itertools

import pytest

from connectors.base.errors import TransientError
from connectors.postgres.replication import slot as module
from connectors.postgres.replication.slot import POLL_SECONDS, Holder, SlotSource, Taken
from tests.fakes.clock import FakeClock

OURS = object()


class Contested(SlotSource):
    """A slot that these pids are found to hold, one after the other; then it is ours."""

    def __init__(self, monkeypatch, pids, taken):
        self.holders, self.ended, clock = iter(pids), [], FakeClock()
        super().__init__(None, "slot", "publication", taken, clock=clock, sleep=clock.sleep)
        monkeypatch.setattr(module, "_holder", lambda *_: Holder(self.holder, "", "", ""))
        monkeypatch.setattr(module, "free", lambda _, pid: self.ended.append(pid))

    def _look(self, confirmed):
        pass

    def _start(self):
        self.holder = next(self.holders, None)
        return OURS if self.holder is None else None


def test_a_holder_that_takes_its_time_to_go_is_ended_once(monkeypatch):
    source = Contested(monkeypatch, [7, 7, 7], Taken(120, free=True))
    assert source.connect() is OURS
    assert source.ended == [7]


def test_a_rival_that_gets_the_slot_first_is_ended_as_the_holder_before_it_was(monkeypatch):
    source = Contested(monkeypatch, [7, 7, 8, 8, 9], Taken(120, free=True))
    assert source.connect() is OURS
    assert source.ended == [7, 8, 9]


def test_rivals_without_end_are_ended_within_the_bound_only(monkeypatch):
    source = Contested(monkeypatch, itertools.count(7), Taken(10, free=True))
    with pytest.raises(TransientError, match="for more than 10 s"):
        source.connect()
    assert len(source.ended) == 10 / POLL_SECONDS + 1


def test_nobody_is_ended_where_the_slot_is_to_be_waited_for(monkeypatch):
    source = Contested(monkeypatch, [7, 8], Taken(120, free=False))
    assert source.connect() is OURS
    assert source.ended == []
