"""The next ops of a thread that owns some of the keys. Pure: no clock, no network.

Each key has one owner, and an owner has one op in flight at a time. The order of a key's ops in the ledger is
therefore the order in which the server applied them.
"""

from __future__ import annotations

import random
from typing import List, Optional, Sequence, Tuple

from local.traffic.book import Book, Outcome
from local.traffic.history import Kind, Op
from local.traffic.items import item_of, updatable
from local.traffic.plan import Plan, Table

HOT_KEYS = 2
"""Hot keys per owner and table."""
HOT_SHARE = 0.25
"""Share of the ops that go to hot keys."""
GROWTH = 0.1
"""Maximum number of new keys, as a share of the loaded ones."""
LEAST_NEW = 16
TRIES = 20
"""Attempts before an owner concludes that it has no usable keys left."""

PUT, UPDATE, DELETE = Kind.PUT, Kind.UPDATE, Kind.DELETE
Steps = Tuple[Kind, ...]
WHEN_PRESENT: Sequence[Tuple[Steps, int]] = (
    ((PUT,), 45),
    ((UPDATE,), 35),
    ((DELETE,), 15),
    ((DELETE, PUT, DELETE, PUT), 3),
    ((PUT, DELETE), 2),
)
WHEN_ABSENT: Sequence[Tuple[Steps, int]] = (((PUT,), 80), ((UPDATE,), 10), ((PUT, DELETE, PUT), 10))
"""Consecutive steps of one key, with their weight."""


class Owner:
    """Owner `number` of `owners`. Its decisions depend on `seed` only, so the same faults lead to the same
    ops."""

    def __init__(self, plan: Plan, book: Book, number: int, owners: int, seed: str) -> None:
        self._plan, self._book, self._number, self._owners = plan, book, number, owners
        self._random = random.Random(f"{seed}:{number}")
        self._tables = [table for table in plan.all_tables if not table.guide]

    def next_ops(self) -> List[Op]:
        """Ops of one key, in order. Empty if the state of every key that was tried is unknown."""
        for _ in range(TRIES if self._tables else 0):
            table = self._random.choice(self._tables)
            index = self._pick(table)
            record = self._book.record(table.name, index)
            if not record.uncertain:
                steps = self._steps(table, index)
                return [Op(table.name, index, kind, record.version + n) for n, kind in enumerate(steps, 1)]
        return []

    def settle(self, op: Op, outcome: Outcome) -> None:
        self._book.post(op, outcome)

    def _pick(self, table: Table) -> int:
        loaded = self._plan.loaded(table)
        space = (loaded + max(LEAST_NEW, int(loaded * GROWTH))) // self._owners + 1
        if self._random.random() < HOT_SHARE:
            space = min(space, HOT_KEYS)
        return self._number + self._owners * self._random.randrange(space)

    def _steps(self, table: Table, index: int) -> Steps:
        state = self._book.record(table.name, index).states[0]
        choices = WHEN_PRESENT if state else WHEN_ABSENT
        steps = self._random.choices([step for step, _ in choices], [weight for _, weight in choices])[0]
        if steps == (UPDATE,) and state and state.put is not None:
            return steps if updatable(item_of(self._plan, table, index, state.put)) else (PUT,)
        return steps


class GuideOwner:
    """The program of the migration guide: SET val on its hundred keys in turn."""

    def __init__(self, table: Table, items: int, book: Book) -> None:
        self._table, self._items, self._book = table, items, book
        self._turn = 0

    def next_ops(self) -> List[Op]:
        for _ in range(self._items):
            index = self._turn % self._items
            self._turn += 1
            record = self._book.record(self._table.name, index)
            if not record.uncertain:
                return [Op(self._table.name, index, UPDATE, record.version + 1)]
        return []

    def settle(self, op: Op, outcome: Outcome) -> None:
        self._book.post(op, outcome)


def guide_owner(plan: Plan, book: Book) -> Optional[GuideOwner]:
    for table in plan.all_tables:
        if table.guide:
            return GuideOwner(table, plan.loaded(table), book)
    return None
