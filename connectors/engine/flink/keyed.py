"""Base of the functions whose keys are parts of the job: worker or reader slots, lanes, replication slots."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Dict, Generic, Optional, Protocol, TypeVar

from pyflink.datastream import KeyedProcessFunction, RuntimeContext

from connectors.base.parent_watchdog import watchdog
from connectors.engine.flink.keygroups import even_keys
from connectors.engine.flink.metrics import Metrics
from connectors.engine.flink.store import open_entries, saved_entries
from connectors.model.state import Entries


class Closing(Protocol):
    def close(self) -> None: ...


Part = TypeVar("Part", bound=Closing)


class KeyedParts(KeyedProcessFunction, Generic[Part]):  # type: ignore[misc]
    """Creates the part of a key at its first element, from the entries of the key in Flink's state."""

    state: ClassVar[str]
    """Name of the map state."""

    def __init__(self, count: int) -> None:
        """`count`: the number of parts, and keys, of the whole job."""
        self._count = count
        self.parts: Dict[int, Part] = {}
        """The parts of this subtask so far, by key."""
        self._armed: Dict[int, int] = {}

    @abstractmethod
    def begin(self, number: int, saved: Entries) -> Part:
        """`number`: 0..count-1."""

    def open(self, context: RuntimeContext) -> None:
        watchdog()
        self.entries = open_entries(context, self.state)
        self.metrics = Metrics(context)
        self._numbers = {key: number for number, key in enumerate(even_keys(self._count))}

    def close(self) -> None:
        for part in self.parts.values():
            part.close()

    def number(self, key: int) -> int:
        return self._numbers[key]

    def part(self, key: int) -> Part:
        part = self.parts.get(key)
        if part is None:
            part = self.parts[key] = self.begin(self._numbers[key], saved_entries(self.entries))
        return part

    # A key has at most one timer. A timer that was set before a restart, or that was replaced, is
    # ignored: see connectors.engine.flink.reader.

    def arm(self, key: int, at_ms: int, ctx: KeyedProcessFunction.Context) -> None:
        self._armed[key] = at_ms
        ctx.timer_service().register_processing_time_timer(at_ms)

    def disarm(self, key: int) -> None:
        del self._armed[key]

    def is_armed(self, key: int) -> bool:
        return key in self._armed

    @property
    def armed(self) -> int:
        """The number of keys with a timer."""
        return len(self._armed)

    def fired(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Optional[int]:
        """The key whose timer this is; None for a timer that is ignored."""
        key: int = ctx.get_current_key()
        return key if self._armed.get(key) == timestamp else None
