"""Orders that change rates reach the worker's readers and writers."""

from __future__ import annotations

from typing import List

from connectors.model.orders import RateOrder
from tests.unit.connectors.engine.worker.rig import Rig


def test_an_order_that_changes_rates_is_followed_and_forgotten() -> None:
    rig = Rig()
    given: List[RateOrder] = []
    rig.worker._env = rig.worker._env._replace(set_rates=given.append)
    rig.take(RateOrder("t", 5.0, None))
    assert given == [RateOrder("t", 5.0, None)]
    assert not any(name.startswith("i/") for name in rig.state)
