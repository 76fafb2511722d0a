"""The item, or update, for (plan, table, index, version). Pure, and the same on any machine.

A digest of these four selects from small pools of values. This takes ten microseconds per item; seeding a
random generator for each item would cost more than everything else.
"""

from __future__ import annotations

import random
import string
from functools import lru_cache
from hashlib import blake2b
from typing import Dict, List, NamedTuple, Tuple

from local.traffic.keys import Item, Value, key_of
from local.traffic.plan import Plan, Table
from local.traffic.sizes import LIMIT, item_size
from local.traffic.values import POOL, pools

TOKEN, VERSION = "token", "v"
NAMED_LIKE_A_MAP = "M"
"""An attribute name for which MiniStack's UpdateItem takes the item for a map, and writes into it or
refuses."""
LARGE, SMALLEST_LARGE = "body", 50 * 1024
STATUSES = ("new", "paid", "sent", "back")
TTL_BASE = 4_102_444_800
"""2100-01-01, so that a server that deletes expired items does not delete what the ledger expects."""


class Update(NamedTuple):
    """SET and REMOVE of an UpdateItem. No name is in both."""

    sets: Item
    removes: Tuple[str, ...]


class Draw:
    """The bits of a digest, used from the lowest upwards."""

    def __init__(self, plan: Plan, table: Table, index: int, version: int, what: str) -> None:
        seed = f"{plan.seed}\0{table.name}\0{index}\0{version}\0{what}".encode()
        digest = blake2b(seed, digest_size=64).digest()
        self.token = digest[:8].hex()
        self._bits = int.from_bytes(digest[8:], "little")

    def below(self, bound: int) -> int:
        """`bound` must be a power of two."""
        drawn = self._bits & (bound - 1)
        self._bits >>= bound.bit_length() - 1
        return drawn


@lru_cache(maxsize=64)
def _pools(plan: Plan, table: Table) -> Dict[str, List[Value]]:
    reserved = {
        *table.key_names,
        *(name for name, _ in table.indexed),
        table.ttl or "",
        TOKEN,
        VERSION,
        LARGE,
    }
    return pools(plan.seed, plan.nul, reserved)


@lru_cache(maxsize=4)
def _filler(seed: int) -> str:
    return "".join(random.Random(f"{seed}:filler").choices(string.ascii_letters + string.digits, k=LIMIT))


def warm_up(plan: Plan) -> None:
    """Create the pools now. Otherwise every thread would create them at its first item."""
    for table in plan.all_tables:
        _pools(plan, table)


def updatable(item: Item) -> bool:
    """Whether UpdateItem can be used: the item stays below the size limit, and local servers handle it
    correctly."""
    return LARGE not in item and NAMED_LIKE_A_MAP not in item


def is_large(plan: Plan, table: Table, index: int, version: int) -> bool:
    if table.guide or not plan.large_share:
        return False
    return Draw(plan, table, index, version, "large").below(1 << 20) < plan.large_share * (1 << 20)


def item_of(plan: Plan, table: Table, index: int, version: int) -> Item:
    """The item that a put with this version writes. Version 0 is the initial load."""
    item = key_of(table, index)
    draw = Draw(plan, table, index, version, "put")
    if table.guide:
        item["val"] = {"N": str(draw.below(1024) if version else index)}
        return item
    item[TOKEN], item[VERSION] = {"S": draw.token}, {"N": str(version)}
    _index_attributes(item, table, draw)
    for name, pool in _pools(plan, table).items():
        if draw.below(8) < (1 if name == NAMED_LIKE_A_MAP else 5):
            item[name] = pool[draw.below(POOL)]
    if is_large(plan, table, index, version):
        _enlarge(item, plan, draw, _most(item, table))
    return item


def update_of(plan: Plan, table: Table, index: int, version: int) -> Update:
    """The update with this version."""
    draw = Draw(plan, table, index, version, "update")
    if table.guide:
        return Update({"val": {"N": str(draw.below(1024))}}, ())
    sets: Item = {TOKEN: {"S": draw.token}, VERSION: {"N": str(version)}}
    removes = []
    for name, pool in _pools(plan, table).items():
        if name == NAMED_LIKE_A_MAP:
            continue
        lot = draw.below(16)
        if lot < 3:
            sets[name] = pool[draw.below(POOL)]
        elif lot < 6:
            removes.append(name)
    if table.indexed and draw.below(4) == 0:
        removes.append(table.indexed[-1][0])
    return Update(sets, tuple(removes))


def _index_attributes(item: Item, table: Table, draw: Draw) -> None:
    """Sets the index keys, which have their declared type and are never empty. One item in four is in no
    index."""
    values = {"S": STATUSES[draw.below(4)], "N": str(draw.below(1024))}
    if table.indexed and draw.below(4):
        item.update({name: {kind: values[kind]} for name, kind in table.indexed})
    if table.ttl:
        item[table.ttl] = {"N": str(TTL_BASE + draw.below(1024))}


def _most(item: Item, table: Table) -> int:
    """Maximum bytes of the item. Its entry in a local secondary index counts too, and here the entry is a
    complete copy (developer guide, "Quotas", item size for a table with local secondary indexes)."""
    return LIMIT // 2 if table.indexed and table.indexed[0][0] in item else LIMIT


def _enlarge(item: Item, plan: Plan, draw: Draw, most: int) -> None:
    """Makes the item large. Half of the large items have exactly the maximum size."""
    room = most - item_size(item) - len(LARGE)
    exact = draw.below(2)
    size = room if exact else SMALLEST_LARGE + draw.below(1 << 18)
    item[LARGE] = {"S": _filler(plan.seed)[: min(size, room)]}
