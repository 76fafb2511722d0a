"""Which slot reads a family of shards, and from which change on."""

from __future__ import annotations

import zlib
from typing import Dict

from connectors.engine.enumerator.planner import Orders
from connectors.model.orders import StreamOrder
from tests.fakes.look import closed_shard, open_shard
from tests.harness.planner import T0, Rig, listed, prepared, streams


def slots_of(orders: Orders) -> Dict[str, int]:
    """By shard."""
    return {
        each.shard_id: slot
        for slot, order in orders
        if isinstance(order, StreamOrder)
        for each in order.assign
    }


def test_a_family_of_shards_is_read_by_the_same_slot_in_every_process() -> None:
    """The parent of a shard that appears after a restart may be unfinished in the slot that the process
    before has chosen. Another slot would read the child before it."""
    roots = [f"shardId-{number}" for number in range(8)]
    rig = Rig()
    rig.find("t")
    slots = slots_of(rig.see(prepared(), listed(*map(open_shard, roots))))
    assert slots == {root: zlib.crc32(f"t{root}".encode()) % 4 for root in roots}
    assert len(set(slots.values())) > 1
    for root in roots:
        rig.start()
        child = f"{root}-child"
        others = [open_shard(each) for each in roots if each != root]
        orders = rig.see(listed(*others, closed_shard(root), open_shard(child, root)))
        assert slots_of(orders)[child] == slots[root]


def test_changes_of_the_minutes_before_the_registration_are_applied_too() -> None:
    """The times of records are approximate, and an eventually consistent scan may show an item as it was
    before: a change that was skipped for its time would be in no image either."""
    (order,) = streams(Rig().register())
    assert order.skip_before is not None
    assert order.skip_before <= T0 - 300
