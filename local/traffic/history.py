"""The state of a key as the list of its writes, and the item that results from them."""

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
    """A write. `version` is unique among the ops of its key, and increases."""

    table: str
    nth: int
    """Index of the item in the plan."""
    kind: Kind
    version: int


class History(NamedTuple):
    """A key that exists: its last put (None if an update created it), and the updates since then."""

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
    """The item of a key in this state; None if the key does not exist."""
    if state is None:
        return None
    item = key_of(table, index) if state.put is None else item_of(plan, table, index, state.put)
    for version in state.updates:
        update = update_of(plan, table, index, version)
        item.update(update.sets)
        for name in update.removes:
            item.pop(name, None)
    return item
