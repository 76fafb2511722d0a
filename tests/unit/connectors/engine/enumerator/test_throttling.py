from __future__ import annotations

from typing import List, Optional, Tuple

import pytest

from connectors.engine.enumerator.gauge import Gauge
from connectors.engine.enumerator.throttling import whole_rate
from connectors.model.commands import SETTINGS, Action, OperatorCommand
from connectors.model.orders import RateOrder
from tests.unit.connectors.engine.enumerator.test_commands import Desk

READERS = 4


def give(
    desk: Desk, *tables: str, scan: Optional[float] = None, write: Optional[float] = None
) -> List[Tuple[int, RateOrder]]:
    desk.number += 1
    command = OperatorCommand(Action.THROTTLE, list(tables), scan=scan, write=write)
    orders = desk.see(f"{desk.number:014d}-x", command)
    return [(slot, order) for slot, order in orders if isinstance(order, RateOrder)]


def all_slots(*orders: RateOrder) -> List[Tuple[int, RateOrder]]:
    return [(slot, order) for order in orders for slot in range(READERS)]


def test_every_slot_gets_the_new_rate_and_the_answer_says_so() -> None:
    desk = Desk()
    assert give(desk, "t", scan=5.0) == all_slots(RateOrder("t", 5.0, None))
    (answer,) = desk.answer().answers
    assert answer.followed
    assert answer.text == (
        "table t: scan at most 5 per second, write as write.limit in the settings; sent to the workers"
    )


def test_a_rate_that_is_not_given_stays_and_the_word_settings_takes_a_change_back() -> None:
    desk = Desk()
    give(desk, "t", scan=5.0)
    assert give(desk, "t", write=0.0) == all_slots(RateOrder("t", 5.0, 0.0))
    assert give(desk, "t", scan=SETTINGS) == all_slots(RateOrder("t", None, 0.0))


def test_without_a_table_the_rate_is_for_all_tables() -> None:
    desk = Desk()
    assert give(desk, write=100.0) == all_slots(RateOrder("", None, 100.0))


def test_the_rates_last_over_restarts() -> None:
    desk = Desk()
    give(desk, "*", scan=5.0)
    give(desk, write=7.0)
    for _ in range(2):
        orders = [each for each in desk.restart() if isinstance(each[1], RateOrder)]
        wanted = [RateOrder("t", 5.0, None), RateOrder("u.v", 5.0, None), RateOrder("", None, 7.0)]
        assert orders == all_slots(*wanted)
        assert not [order for _, order in desk.rig.advance() if isinstance(order, RateOrder)]


def test_an_unknown_table_is_refused() -> None:
    desk = Desk()
    assert give(desk, "no", scan=1.0) == []
    assert desk.refusal() == "this job has no table no. It has t, u.v"


def test_changed_rates_are_shown_as_whole_numbers() -> None:
    desk = Desk()
    give(desk, "t", scan=0.2)
    give(desk, write=0.0)
    shown = {gauge for gauge in desk.rig.plans.gauges() if gauge.name in ("scanRate", "writeRate")}
    assert shown == {
        *(Gauge("scanRate", 1, "t"), Gauge("writeRate", -1, "t")),
        *(Gauge("scanRate", -1), Gauge("writeRate", 0)),
    }


@pytest.mark.parametrize(("rate", "whole"), [(None, -1), (0.0, 0), (0.4, 1), (7.6, 8)])
def test_a_rate_above_0_is_never_shown_as_no_limit(rate: Optional[float], whole: int) -> None:
    assert whole_rate(rate) == whole
