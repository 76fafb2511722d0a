"""The possible states of every key that was written, derived from the lines of a ledger."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Dict, Iterator, NamedTuple, Optional, Tuple

from local.traffic.history import LOADED, Op, State, apply, item_in
from local.traffic.keys import Item, key_of
from local.traffic.plan import Plan

Name = Tuple[str, int]
"""table, index"""


class Outcome(str, enum.Enum):
    APPLIED = "ok"
    NOT_APPLIED = "no"
    UNKNOWN = "unknown"


class Expected(NamedTuple):
    """A key and its possible states: items, or None for absent. There is more than one only if the outcome of
    a write is unknown."""

    table: str
    nth: int
    key: Item
    accepted: Tuple[Optional[Item], ...]


@dataclass
class KeyRecord:
    states: Tuple[State, ...]
    version: int = 0
    """The highest version that was assigned, applied or not."""
    uncertain: bool = False


@dataclass
class Book:
    """Processes ops in the order of the ledger. A key that is not in `keys` is as the initial load wrote
    it."""

    plan: Plan
    loads: Dict[str, int] = field(default_factory=dict)
    keys: Dict[Name, KeyRecord] = field(default_factory=dict)

    def record(self, table: str, index: int) -> KeyRecord:
        """The key's record. Only `post` stores it, because reading must not count as a write."""
        record = self.keys.get((table, index))
        return record or KeyRecord((LOADED if index < self.loads.get(table, 0) else None,))

    def post(self, op: Op, outcome: Outcome) -> KeyRecord:
        """Record the outcome of an op.

        An op with an unknown outcome may also be applied late, so every later op of the key doubles the
        possible states. The generator therefore does not write to such a key again.
        """
        record = self.keys[op.table, op.nth] = self.record(op.table, op.nth)
        record.version = max(record.version, op.version)
        if outcome is Outcome.NOT_APPLIED:
            return record
        after = tuple(apply(state, op) for state in record.states)
        keep = outcome is Outcome.UNKNOWN
        record.uncertain = record.uncertain or keep
        record.states = tuple(dict.fromkeys((*record.states, *after) if keep else after))
        return record

    def expected(self, whole: bool = False) -> Iterator[Expected]:
        """The expected states of each written key; with `whole`, of every key that may exist."""
        for table, index in self.keys:
            yield self.expect(table, index)
        if whole:
            for table, count in self.loads.items():
                for index in range(count):
                    if (table, index) not in self.keys:
                        yield self.expect(table, index)

    def expect(self, table: str, index: int) -> Expected:
        shape = self.plan.by_name[table]
        states = self.record(table, index).states
        accepted = tuple(item_in(self.plan, shape, index, state) for state in states)
        return Expected(table, index, key_of(shape, index), accepted)
