"""What is fetched and not yet emitted stays within scan.prefetchBytes, and a page for each fetch."""

from __future__ import annotations

import time
from typing import Callable

import pytest

from connectors.dynamodb.scan.rates import SCANS_AT_ONCE
from tests.integration.forward.conftest import MakeJob
from tests.integration.forward.sources import Counting, Scans
from tests.integration.forward.tables import Item, Sides

MIB = 1 << 20
ITEMS = 32
PAGE = MIB + 410 * 1024
"""The service ends a page with the item that takes it over 1 MB."""


def large(number: int) -> Item:
    return {"id": {"S": str(number)}, "body": {"S": "x" * (400 * 1024 - 20)}}


@pytest.mark.parametrize("bound", [MIB, 64 * MIB])
def test_readers_whose_output_is_blocked_stop_fetching(bound: int, sides: Sides, job: MakeJob) -> None:
    table = sides.make("", "id:S")
    sides.put(table, *map(large, range(ITEMS)))
    running = job(
        components=Counting, mode="full", readers=1, lanes=1, scan__segments=2, scan__prefetchBytes=bound
    )
    scans = running.components.scans  # type: ignore[attr-defined]
    pages, most = SCANS_AT_ONCE * PAGE, 0
    small = MIB + pages
    while not running.completion.complete:
        running.turn()
        if bound > MIB and scans.fetched and most <= small:
            wait_for(lambda: scans.fetched - running.emitted > small)
        wait_for_rest(scans)
        most = max(most, scans.fetched - running.emitted)
    assert running.emitted > ITEMS * 400 * 1024
    assert most <= bound + pages
    assert sides.verdict().equal


def wait_for(more: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not more():
        assert time.monotonic() < deadline, "the bound makes no difference here"
        time.sleep(0.05)


def wait_for_rest(scans: Scans) -> None:
    """The output is blocked: only the fetching threads go on."""
    fetched = -1
    while fetched != scans.fetched:
        fetched = scans.fetched
        time.sleep(0.1)
