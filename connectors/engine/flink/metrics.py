"""Flink metrics by table or replication slot, registered at first use.

Names in REST and Prometheus: `<operator>.table.<table>.<name>`, and `slot` likewise.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Tuple

from pyflink.datastream import RuntimeContext


class Metrics:
    def __init__(self, context: RuntimeContext) -> None:
        self._group = context.get_metrics_group()
        self._counters: Dict[Tuple[str, str], Any] = {}
        self._gauges: Dict[Tuple[str, str, str], int] = {}
        self._meters: Dict[str, Any] = {}

    def count(self, name: str, amount: int, table: str = "") -> None:
        """Add to a counter. An empty `table` counts for the whole job."""
        if not amount:
            return
        counter = self._counters.get((table, name))
        if counter is None:
            counter = self._counters[(table, name)] = self._place("table", table).counter(name)
        counter.inc(amount)

    def gauge(self, name: str, value: int, of: str = "", group: str = "table") -> None:
        """Set a gauge. PyFlink supports only whole numbers. An empty `of` is for the whole job."""
        key = (group, of, name)
        known = key in self._gauges
        self._gauges[key] = value
        if not known:
            self._place(group, of).gauge(name, self._reader(key))

    def rate(self, name: str, events: int) -> None:
        """Count events of the whole job, shown per second over the last minute."""
        if name not in self._meters:
            self._meters[name] = self._group.meter(name)
        self._meters[name].mark_event(events)

    def _place(self, group: str, of: str) -> Any:
        return self._group.add_group(group, of) if of else self._group

    def _reader(self, key: Tuple[str, str, str]) -> Callable[[], int]:
        return lambda: self._gauges[key]
