"""The enumerator operator: one key, one subtask; turns ticks into orders for the reader slots."""

from __future__ import annotations

from typing import Any, Iterator, Optional, Tuple

from pyflink.datastream import KeyedProcessFunction, RuntimeContext

from connectors.base.parent_watchdog import watchdog
from connectors.engine.components import Job, Planner, PlanningParts, Poller
from connectors.engine.enumerator.planner import Orders
from connectors.engine.enumerator.starting import Starting
from connectors.engine.flink.keygroups import even_keys
from connectors.engine.flink.metrics import Metrics
from connectors.engine.flink.store import open_entries, saved_entries, store
from connectors.model import orders
from connectors.model.orders import Wake


class EnumeratorFunction(KeyedProcessFunction):  # type: ignore[misc]
    """Takes ticks; yields (slot key, order)."""

    def __init__(self, job: Job[PlanningParts]) -> None:
        self._job = job
        self._plans: Optional[Planner] = None

    def open(self, context: RuntimeContext) -> None:
        watchdog()
        self._entries = open_entries(context, "enumerator")
        self._metrics = Metrics(context)
        self._first_attempt = context.get_attempt_number() == 0
        self._keys = even_keys(self._job.readers)
        self._parts = self._job.open()

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Tuple[int, bytes]]:
        plans = self._plans or self._begin()
        for due in self._starting.steps(
            lambda: self._step(plans), lambda: plans.run is not None, self._poller.wait
        ):
            yield from self._send(due)
        yield from self._send([(slot, Wake(plans.run)) for slot in range(self._job.readers)])
        self._show(plans)

    def _step(self, plans: Planner) -> Orders:
        orders: Orders = []
        for seen in self._poller.seen():
            due, changed = plans.observe(seen)
            store(self._entries, changed)
            orders += due
        due, changed = plans.advance()
        store(self._entries, changed)
        self._poller.watch(plans.tables)
        return [*orders, *due]

    def close(self) -> None:
        if self._plans is not None:
            self._poller.close()

    def _begin(self) -> Planner:
        self._plans = self._parts.planner(saved_entries(self._entries), self._first_attempt)
        self._starting = Starting(bool(self._plans.tables))
        self._poller: Poller = self._parts.poller(self._first_attempt)
        self._poller.watch(self._plans.tables)
        self._poller.start()
        return self._plans

    def _send(self, due: Orders) -> Iterator[Tuple[int, bytes]]:
        for slot, order in due:
            yield self._keys[slot], orders.encode(order)

    def _show(self, plans: Planner) -> None:
        for gauge in plans.gauges():
            self._metrics.gauge(*gauge)
