"""The enumerator operator against a fake of Flink's state."""

import pytest

pytest.importorskip("pyflink")

from connectors.engine.enumerator.planner import TablesPlanner
from connectors.engine.enumerator.table_planner import PlannerRules
from connectors.engine.flink.enumerator import EnumeratorFunction
from connectors.engine.flink.keygroups import even_keys
from connectors.model import orders
from connectors.model.orders import Wake


class SeesNothing:
    def start(self):
        pass

    def watch(self, tables):
        pass

    def seen(self):
        return []


class Wiring:
    lanes, readers = 1, 3

    def planner(self, saved, first_attempt):
        return TablesPlanner(PlannerRules(self.readers, scan=True, stream=True), self.lanes, 0.0, saved)

    def poller(self, first_attempt):
        return SeesNothing()


class Flink(dict):
    """The state of the one key and its metrics."""

    def itself(self, *_):
        return self

    get_map_state = get_metrics_group = gauge = itself

    def get_attempt_number(self):
        return 0


def test_each_tick_wakes_every_slot_since_a_restored_one_may_have_lost_its_timer():
    function = EnumeratorFunction(Wiring())
    function.open(Flink())
    for _ in range(2):
        sent = [(key, orders.decode(order)) for key, order in function.process_element(0, None)]
        assert sent == [(key, Wake()) for key in even_keys(3)]
