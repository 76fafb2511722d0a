"""The initial load, with BatchWriteItem over a few connections."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Callable, Iterator, NamedTuple, Optional

import msgspec

from local.traffic.client import PATIENCE, Busy, Client
from local.traffic.items import item_of, warm_up
from local.traffic.ledger import Ledger, LedgerError
from local.traffic.plan import Plan, Table
from local.traffic.requests import batch_of, encode

BATCH = 25
"""Maximum items of one BatchWriteItem."""


class Loaded(NamedTuple):
    items: int
    seconds: float


class _Reply(msgspec.Struct, rename="pascal"):
    unprocessed_items: Optional[Any] = None


def load(
    client: Client,
    plan: Plan,
    ledger: Optional[Ledger] = None,
    threads: int = 4,
    tell: Optional[Callable[[int], None]] = None,
) -> Loaded:
    """Write version 0 of every item of the plan. A load can be repeated.

    `tell` is called with the number of items written so far.

    Raises CallError if a fault lasts longer than a minute or the server refuses a batch, LedgerError if
    traffic has run since the load. The ledger records a table only after all its items have been
    acknowledged.
    """
    if ledger is not None and ledger.book.keys:
        raise LedgerError(
            "the ledger already contains traffic, which a load would overwrite: use another ledger"
        )
    warm_up(plan)
    started = time.monotonic()
    total = 0
    with ThreadPoolExecutor(threads) as pool:
        for table in plan.all_tables:
            count = plan.loaded(table)
            write = partial(_write_from, client, plan, table, count)
            for done in _after_each(pool.map(write, range(0, count, BATCH))):
                if tell is not None:
                    tell(total + min(count, done))
            total += count
            if ledger is not None:
                ledger.loaded(table.name, count)
    return Loaded(total, time.monotonic() - started)


def _after_each(written: Iterator[None]) -> Iterator[int]:
    """The number of items after each batch. An error cancels the batches that have not started."""
    for number, _ in enumerate(written, 1):
        yield number * BATCH


def write_batch(client: Client, body: bytes, patience: float = PATIENCE) -> None:
    """Repeat a BatchWriteItem until all of it is processed. Raises Busy if this takes too long."""
    deadline = time.monotonic() + patience
    pause = 0.05
    while True:
        left = msgspec.json.decode(client.insist("BatchWriteItem", body, patience), type=_Reply)
        if not left.unprocessed_items:
            return
        if time.monotonic() + pause > deadline:
            raise Busy("BatchWriteItem", "UnprocessedItems", f"some were left after {patience:.0f} s")
        body = encode({"RequestItems": left.unprocessed_items})
        time.sleep(pause * random.uniform(0.5, 1))
        pause = min(pause * 2, 2.0)


def _write_from(client: Client, plan: Plan, table: Table, count: int, start: int) -> None:
    indexes = range(start, min(start + BATCH, count))
    write_batch(client, batch_of(table, [item_of(plan, table, index, 0) for index in indexes]))
