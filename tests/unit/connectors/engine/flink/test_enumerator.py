"""The enumerator operator against a fake of Flink's state."""

import pytest

pytest.importorskip("pyflink")

from connectors.engine.enumerator.observations import RunAccepted
from connectors.engine.enumerator.planner import TablesPlanner
from connectors.engine.enumerator.table_planner import PlannerRules
from connectors.engine.flink.enumerator import EnumeratorFunction
from connectors.engine.flink.keygroups import even_keys
from connectors.model import orders
from connectors.model.orders import Wake


class Sees:
    """A poller that has seen this, once."""

    def __init__(self, *seen):
        self._seen = list(seen)

    def start(self):
        pass

    def watch(self, tables):
        pass

    def seen(self):
        seen, self._seen = self._seen, []
        return seen

    def wait(self, seconds):
        return bool(self._seen)


class StubJob:
    readers = 3

    def __init__(self, *seen, steps=True):
        self._seen = seen
        self._rules = PlannerRules(self.readers, scan=True, stream=True, steps=steps)

    def open(self):
        return self

    def planner(self, saved, first_attempt):
        return TablesPlanner(self._rules, 0, 0.0, saved, new_id=lambda: "x")

    def poller(self, first_attempt):
        return Sees(*self._seen)


class Flink(dict):
    """The state of the one key and its metrics."""

    put = dict.__setitem__

    def itself(self, *_):
        return self

    get_map_state = get_metrics_group = gauge = itself

    def get_attempt_number(self):
        return 0


def ticked(job):
    function, flink = EnumeratorFunction(job), Flink()
    function.open(flink)
    sent = [
        [(key, orders.decode(order)) for key, order in function.process_element(0, None)] for _ in range(2)
    ]
    return sent, flink


def test_each_tick_wakes_every_slot_with_the_run_that_it_reports_to():
    sent, flink = ticked(StubJob(RunAccepted()))
    assert sent == [[(key, Wake("x.x")) for key in even_keys(3)]] * 2
    assert set(flink) == {"run", "frame"}


def test_until_the_run_is_accepted_the_slots_wait_and_nothing_is_stored():
    sent, flink = ticked(StubJob())
    assert sent == [[(key, Wake(None)) for key in even_keys(3)]] * 2
    assert not flink


def test_a_job_that_reports_nothing_is_woken_without_a_run():
    sent, _ = ticked(StubJob(steps=False))
    assert sent == [[(key, Wake("")) for key in even_keys(3)]] * 2
