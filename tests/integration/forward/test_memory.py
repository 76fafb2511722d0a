"""What is read and not written stays within scan.prefetchBytes, and a page for each split."""

from __future__ import annotations

import time
from typing import Callable

import pytest

from connectors.engine.budget import SPLIT_BYTES
from connectors.engine.worker.slot import SCANS_AT_ONCE
from tests.integration.forward.conftest import TARGETS, MakeJob
from tests.integration.forward.sources import BlockedTarget
from tests.integration.forward.tables import Item, Sides

MIB = 1 << 20
ITEMS = 32
PAGE = MIB + 410 * 1024
"""The service ends a page with the item that takes it over 1 MB."""
QUIET_SECONDS = 1.0


def large(number: int) -> Item:
    return {"id": {"S": str(number)}, "body": {"S": "x" * (400 * 1024 - 20)}}


@pytest.mark.parametrize("target", TARGETS, indirect=True)
@pytest.mark.parametrize("bound", [MIB, 64 * MIB])
def test_a_worker_whose_target_takes_nothing_stops_reading(bound: int, sides: Sides, job: MakeJob) -> None:
    table = sides.make("", "id:S")
    sides.put(table, *map(large, range(ITEMS)))
    running = job(
        components=BlockedTarget, mode="full", readers=1, scan__segments=2, scan__prefetchBytes=bound
    )
    parts = running.components
    assert isinstance(parts, BlockedTarget)
    small = MIB + SCANS_AT_ONCE * PAGE
    most = small if bound == MIB else SCANS_AT_ONCE * (SPLIT_BYTES + PAGE)
    running.run_until(lambda: parts.scans.fetched > (0 if bound == MIB else small))
    run_until_it_rests(running.run_for, lambda: parts.scans.fetched)
    assert 0 < parts.scans.fetched <= most
    assert running.counts[table].written == 0
    parts.release.set()
    running.run_until(lambda: running.completion.complete)
    assert parts.scans.fetched > ITEMS * 400 * 1024
    assert sides.verdict().equal


def run_until_it_rests(run_for: Callable[[float], None], fetched: Callable[[], int]) -> None:
    before, deadline = -1, time.monotonic() + 60
    while fetched() != before:
        assert time.monotonic() < deadline
        before = fetched()
        run_for(QUIET_SECONDS)
