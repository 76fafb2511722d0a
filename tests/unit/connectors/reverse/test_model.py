"""The reverse job as a model: any history of transactions, answers, cuts and crashes ends equal, and the slot
is never ahead. See tests.unit.connectors.reverse.world for the rules that are verified after every action."""

from __future__ import annotations

import pytest

from connectors.postgres.replication import stream
from connectors.reverse import reading, writer
from tests.unit.connectors.reverse.world import World

SEEDS = range(120)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Nothing waits for real time, and batches are small."""
    monkeypatch.setattr(stream, "WAIT_SECONDS", 0.0)
    monkeypatch.setattr(stream, "BURST", 7)
    monkeypatch.setattr(writer, "IDLE_SECONDS", 0.0)
    monkeypatch.setattr(reading, "BATCH_BYTES", 900)


def run(seed):
    world = World(seed)
    for _ in range(300):
        world.act()
    world.settle()
    assert world.slot >= world.lsn, "the slot stands still"
    assert world.equal()


@pytest.mark.parametrize("seed", SEEDS)
def test_any_history_ends_equal_and_the_slot_is_never_ahead(seed):
    run(seed)
