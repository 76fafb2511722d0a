"""The wait for a state of a slot, and the errors if the state is not reached."""

import pytest

from local.demo import slot
from local.demo.slot import SlotState, WatchedSlot
from local.stack.errors import StackError


class Shown(WatchedSlot):
    def __init__(self, *states):
        self.name, self._seen, self._running = "s", iter(states), lambda: None

    def poll(self):
        return next(self._seen)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(slot, "EVERY", 0.0)


def test_the_wait_ends_when_the_slot_has_the_wanted_state():
    wanted = SlotState(True, 10, 10)
    shown = Shown(SlotState(False, 5, 10), SlotState(True, 5, 10), wanted)
    assert shown.until(lambda state: state.active and state.lag == 0, "there") is wanted


def test_the_wait_ends_if_the_slot_does_not_exist():
    with pytest.raises(StackError, match="s does not exist"):
        Shown(SlotState(True, 5, 10), None).until(lambda state: state.lag == 0, "there")


def test_the_wait_ends_after_its_patience(monkeypatch):
    monkeypatch.setattr(slot, "PATIENCE", -1.0)
    with pytest.raises(StackError, match="not released"):
        Shown(SlotState(True, 5, 10)).until(lambda state: not state.active, "released")


def test_a_job_that_has_failed_ends_the_wait():
    shown = Shown(SlotState(False, 5, 10), SlotState(False, 5, 10))

    def failed():
        raise StackError("the job failed")

    shown._running = failed
    with pytest.raises(StackError, match="the job failed"):
        shown.until(lambda state: state.active, "active")
