"""What a worker uses, and what it returns to its operator."""

from __future__ import annotations

from typing import Callable, Dict, List, NamedTuple, Optional

from connectors.base.timing import REAL, Timing
from connectors.engine.worker.slot import Opener
from connectors.model.board import Document
from connectors.model.orders import RateOrder, StreamOrder
from connectors.model.pipeline import WritePipeline
from connectors.model.state import Changed

Found = Callable[[StreamOrder], None]


class Environment(NamedTuple):
    """What a worker uses. `submit` runs a function in the pool."""

    opener: Opener
    pipeline: WritePipeline
    submit: Callable[[Callable[[], None]], object]
    publish: Callable[[Document], None]
    find_children: Optional[Callable[[StreamOrder, str, str, Found], object]]
    """(order, shard, root, found): calls `found`, in any thread, with an order for the children of a shard
    that has ended. Does not block, and uses none of the threads that read: many shards may end at once."""
    budget: int
    """Bytes that may be read and not written, about."""
    wall: Callable[[], float]
    """Epoch seconds."""
    close: Callable[[], None] = lambda: None
    """Called when the worker has ended."""
    timing: Timing = REAL
    set_rates: Callable[[RateOrder], None] = lambda order: None
    """Several slots pass on the same order."""


class Outcome(NamedTuple):
    """What the operator stores and sends."""

    changed: Dict[int, Changed]
    """By slot."""
    notices: List[str]
