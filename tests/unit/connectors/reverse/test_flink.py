"""The operator that replicates slots, against a fake of Flink's state."""

import time

import pytest

pytest.importorskip("pyflink")

from connectors.base.errors import TerminalError
from connectors.model import orders
from connectors.model.orders import ReplicationOrder, Wake
from connectors.reverse.flink import ReplicationFunction
from connectors.reverse.reader import SlotReader
from tests.unit.connectors.engine.flink.test_reader import KEY, Flink
from tests.unit.connectors.reverse.test_reader import FakeSource


class Wiring:
    readers = 1

    def __init__(self):
        self.source, self.opened = FakeSource(), []

    def slots(self, saved):
        return SlotReader(self._open, saved)

    def _open(self, order, position):
        self.opened.append((order, position))
        return self.source


def opened(flink, components):
    function = ReplicationFunction(components)
    function.open(flink)
    return function


def told(function, order):
    return list(function.process_element((KEY, orders.encode(order)), None))


def test_an_order_opens_a_slot_and_each_tick_stores_what_is_confirmed():
    flink, components = Flink(), Wiring()
    function = opened(flink, components)
    assert told(function, ReplicationOrder("slot")) == []
    components.source.confirmed = 50
    assert told(function, Wake()) == []
    assert set(flink) == {"o/slot", "p/slot"}
    again = Wiring()
    told(opened(flink, again), Wake())
    assert [position.lsn for _, position in again.opened] == [50]


def test_the_error_that_ended_a_slot_fails_the_job():
    components = Wiring()
    function = opened(Flink(), components)
    told(function, ReplicationOrder("slot"))
    components.source.error = TerminalError("the slot is lost")
    with pytest.raises(TerminalError, match="the slot is lost"):
        told(function, Wake())
    assert components.source.closed  # nothing goes on beside the job's next attempt


def test_no_timer_is_set_and_nothing_is_waited_for():
    flink = Flink()
    function = opened(flink, Wiring())
    began = time.monotonic()
    for _ in range(100):
        told(function, Wake())
    assert time.monotonic() - began < 1
    assert flink.timers == []


def test_closing_closes_the_slots():
    components = Wiring()
    function = opened(Flink(), components)
    told(function, ReplicationOrder("slot"))
    function.close()
    assert components.source.closed
