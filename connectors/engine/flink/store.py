"""A function's named state entries in one Flink MapState."""

from __future__ import annotations

from typing import List, Tuple

from pyflink.common import Types
from pyflink.datastream import RuntimeContext
from pyflink.datastream.state import MapState, MapStateDescriptor

from connectors.model.state import Changed


def open_entries(context: RuntimeContext, name: str) -> MapState:
    return context.get_map_state(
        MapStateDescriptor(name, Types.STRING(), Types.PRIMITIVE_ARRAY(Types.BYTE()))
    )


def saved_entries(entries: MapState) -> List[Tuple[str, bytes]]:
    """All entries of the current key."""
    return [(name, bytes(value)) for name, value in entries.items()]


def store(entries: MapState, changed: Changed) -> None:
    for name, value in changed.puts.items():
        entries.put(name, value)
    for name in changed.removes:
        entries.remove(name)
