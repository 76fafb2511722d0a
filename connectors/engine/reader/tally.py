"""A reader's scan progress per table, as counts in its state. After a restart they match the restored
positions, while a counter of the process would start at 0."""

from __future__ import annotations

from typing import Dict, Iterable

import msgspec

from connectors.model.orders import SegmentOrder
from connectors.model.state import Changed

ENTRY = "c/"
"""Prefix of the state entries, one per table."""


class Tally(msgspec.Struct, array_like=True):
    generation: int
    items: int = 0
    """Items read from the source by this reader in this generation."""
    done: int = 0
    """Segments read to their end, including the target's."""
    target_items: int = 0
    """Items read from the target."""


_decode = msgspec.msgpack.Decoder(Tally).decode


class Tallies:
    def __init__(self) -> None:
        self.tables: Dict[str, Tally] = {}

    def read(self, order: SegmentOrder, items: int, done: bool, changed: Changed) -> None:
        """Count items of a segment. Call it in the turn that stores the segment's position."""
        tally = self.tables.get(order.table)
        if tally is None or tally.generation < order.generation:
            tally = self.tables[order.table] = Tally(order.generation)
        if order.of_target:
            tally.target_items += items
        else:
            tally.items += items
        tally.done += done
        changed.put(ENTRY + order.table, msgspec.msgpack.encode(tally))

    def drop(self, table: str, generation: int, changed: Changed) -> None:
        """Reset the counts for this generation."""
        tally = self.tables.get(table)
        if tally is not None and tally.generation < generation:
            self.tables[table] = Tally(generation)
            changed.put(ENTRY + table, msgspec.msgpack.encode(self.tables[table]))

    def restore(self, table: str, value: bytes) -> None:
        self.tables[table] = _decode(value)


def total(slots: Iterable[Tallies]) -> Dict[str, Tally]:
    """Sums over several readers by table. Only readers at the table's newest generation count."""
    sums: Dict[str, Tally] = {}
    for tallies in slots:
        for table, tally in tallies.tables.items():
            so_far = sums.get(table)
            if so_far is None or so_far.generation < tally.generation:
                so_far = sums[table] = Tally(tally.generation)
            if so_far.generation == tally.generation:
                so_far.items += tally.items
                so_far.target_items += tally.target_items
                so_far.done += tally.done
    return sums
