"""Waiting for a slot ends when it is as wanted, and says why when it will not be."""

import pytest

from local.demo import slot
from local.demo.slot import Seen, WatchedSlot
from local.stack.errors import StackError


class Shown(WatchedSlot):
    def __init__(self, *seen):
        self.name, self._seen, self._running = "s", iter(seen), lambda: None

    def look(self):
        return next(self._seen)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(slot, "EVERY", 0.0)


def test_the_wait_ends_when_the_slot_has_the_wanted_state():
    wanted = Seen(True, 10, 10)
    shown = Shown(Seen(False, 5, 10), Seen(True, 5, 10), wanted)
    assert shown.until(lambda seen: seen.active and seen.lag == 0, "there") is wanted


def test_the_wait_ends_if_the_slot_does_not_exist():
    with pytest.raises(StackError, match="s does not exist"):
        Shown(Seen(True, 5, 10), None).until(lambda seen: seen.lag == 0, "there")


def test_the_wait_ends_after_its_patience(monkeypatch):
    monkeypatch.setattr(slot, "PATIENCE", -1.0)
    with pytest.raises(StackError, match="not released"):
        Shown(Seen(True, 5, 10)).until(lambda seen: not seen.active, "released")


def test_a_job_that_has_failed_ends_the_wait():
    shown = Shown(Seen(False, 5, 10), Seen(False, 5, 10))

    def failed():
        raise StackError("the job failed")

    shown._running = failed
    with pytest.raises(StackError, match="the job failed"):
        shown.until(lambda seen: seen.active, "active")
