"""The state of one key as what was done to it, and that turned into an item."""

from __future__ import annotations

import enum
from typing import NamedTuple, Optional, Tuple

from local.traffic.items import item_of, update_of
from local.traffic.keys import Item, key_of
from local.traffic.plan import Plan, Table


class Kind(str, enum.Enum):
    PUT = "put"
    UPDATE = "update"
    DELETE = "delete"


class Op(NamedTuple):
    """One write. `version` is unique among the ops of its key and grows."""

    table: str
    nth: int
    """index of its item in the plan"""
    kind: Kind
    version: int


class History(NamedTuple):
    """A key that exists: its last put, None if updates made it, and the updates since."""

    put: Optional[int]
    updates: Tuple[int, ...] = ()


State = Optional[History]
"""None: the key does not exist."""

LOADED = History(0)


def apply(state: State, op: Op) -> State:
    if op.kind is Kind.DELETE:
        return None
    if op.kind is Kind.PUT:
        return History(op.version)
    return History(state.put, (*state.updates, op.version)) if state else History(None, (op.version,))


def item_in(plan: Plan, table: Table, index: int, state: State) -> Optional[Item]:
    """The item a key in `state` holds, None when it holds none."""
    if state is None:
        return None
    item = key_of(table, index) if state.put is None else item_of(plan, table, index, state.put)
    for version in state.updates:
        update = update_of(plan, table, index, version)
        item.update(update.sets)
        for name in update.removes:
            item.pop(name, None)
    return item
