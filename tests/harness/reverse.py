"""The reverse job's parts in one process, without Flink: connected as connectors/engine/flink connects them.

A queue and dicts replace Flink. The threads of the slots receive, read and write as they do in the job, even
between turns. After a crash only the last checkpoint is left.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from typing import Any, Callable, DefaultDict, Deque, Dict, List, NamedTuple, Optional, Tuple

import msgspec

from connectors.config.settings import Settings
from connectors.engine.enumerator.planner import Orders
from connectors.model import orders
from connectors.model.orders import Wake
from connectors.model.state import Changed
from connectors.postgres.replication.identity import SlotPosition
from connectors.reverse.components import ReverseParts
from connectors.reverse.planner import SlotPlanner
from connectors.reverse.reader import SlotOutcome, SlotReader
from tests.harness.enumerator import TICK_SECONDS, store
from tests.harness.paced import Paced

Entries = Dict[str, bytes]
TURN_SECONDS = 0.005


position_of = msgspec.msgpack.Decoder(SlotPosition).decode


class Cut(NamedTuple):
    """The state entries of both operators at one checkpoint, and the orders between them."""

    enumerator: Entries
    slots: Dict[int, Entries]
    under_way: Tuple[Tuple[int, bytes], ...] = ()

    def copy(self) -> Cut:
        slots = {number: dict(entries) for number, entries in self.slots.items()}
        return Cut(dict(self.enumerator), slots, self.under_way)


class SlotCount:
    """The counts of one table, which survive crashes."""

    def __init__(self) -> None:
        self.streamed = self.written = 0


class ReversePipeline(Paced):
    def __init__(self, settings: Settings, components: Callable[[Settings], Any] = ReverseParts) -> None:
        self.settings, self._make_parts = settings, components
        self.counts: DefaultDict[str, SlotCount] = defaultdict(SlotCount)
        self.shown: Dict[Tuple[str, str], int] = {}
        self.last_cut = Cut({}, {})
        self._begin(first_attempt=True)

    def turn(self) -> None:
        if time.monotonic() >= self._next_tick:
            self._tick()
        self._deliver()
        time.sleep(TURN_SECONDS)

    def checkpoint(self, unaligned: bool = False) -> Cut:
        """Take a checkpoint. `unaligned`: the barrier overtakes the orders, which are stored with the
        state."""
        if not unaligned:
            self._deliver()
        cut = Cut(self._state.enumerator, self._state.slots, tuple(self._orders))
        self.last_cut = cut.copy()
        return self.last_cut

    def close(self) -> None:
        if self._watch is not None:
            self._watch.close()
        for reader in self.readers.values():
            reader.close()

    def phases(self) -> str:
        return ", ".join(self._plans.tables) if self._plans else "no plan"

    def gauges(self) -> Dict[Tuple[str, str], int]:
        return {(gauge.name, gauge.of): gauge.value for gauge in self._plans.gauges()} if self._plans else {}

    def standing(self) -> str:
        """The state of the job, which shows whether it is slow or makes no progress."""
        counts = {table: vars(count) for table, count in self.counts.items()}
        return f"{self.phases()}, {counts}, {self.shown}"

    def positions(self) -> List[SlotPosition]:
        """The current positions of the slots in the state."""
        entries = [entry for each in self._state.slots.values() for entry in each.items()]
        return [position_of(value) for name, value in entries if name.startswith("p/")]

    @property
    def sources(self) -> List[Any]:
        """The sources of the slots that are being replicated."""
        return [slot.source for reader in self.readers.values() for slot in reader._slots.values()]

    def _begin(self, first_attempt: bool) -> None:
        self.components = self._make_parts(self.settings)
        self._state = self.last_cut.copy()
        self._first_attempt, self._next_tick = first_attempt, 0.0
        self._plans: Optional[SlotPlanner] = None
        self._watch: Optional[Any] = None
        self.readers: Dict[int, SlotReader] = {}
        self._orders: Deque[Tuple[int, bytes]] = deque(self._state.under_way)

    def _tick(self) -> None:
        """Do what connectors.engine.flink.enumerator.EnumeratorFunction.process_element does."""
        self._next_tick = time.monotonic() + TICK_SECONDS
        if self._plans is None:
            self._plans = self.components.planner(self._state.enumerator.items(), self._first_attempt)
            self._watch = self.components.poller(self._first_attempt)
            self._watch.start()
        assert self._watch is not None
        for observation in self._watch.seen():
            self._order(*self._plans.observe(observation))
        self._order(*self._plans.advance())
        self._orders.extend((number, orders.encode(Wake())) for number in range(self.settings.readers))

    def _order(self, due: Orders, changed: Changed) -> None:
        store(self._state.enumerator, changed)
        self._orders.extend((number, orders.encode(order)) for number, order in due)

    def _deliver(self) -> None:
        """Do what connectors.reverse.flink.ReplicationFunction.process_element does."""
        while self._orders:
            number, order = self._orders.popleft()
            entries = self._state.slots.setdefault(number, {})
            if number not in self.readers:
                self.readers[number] = self.components.slots(list(entries.items()))
            reader = self.readers[number]
            store(entries, reader.take(orders.decode(order)))
            shown = reader.step()
            store(entries, shown.changed)
            self._note(shown)

    def _note(self, shown: SlotOutcome) -> None:
        for name, table, amount in shown.counts:
            if name in ("streamed", "written") and amount:
                count = self.counts[table]
                setattr(count, name, getattr(count, name) + amount)
        self.shown.update({(gauge.name, gauge.of): gauge.value for gauge in shown.gauges})
