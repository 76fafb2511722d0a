"""The slots as a cut-over finds and moves them, in a real PostgreSQL."""

import pytest

from connectors.base.errors import TransientError
from connectors.command.cutover.health import slots_follow
from connectors.command.cutover.postgres import PostgresSlots
from tests.integration.reverse.test_changes import arrived
from tests.integration.reverse.way import item


def test_a_slot_made_early_passes_over_the_migrations_writes_and_holds_the_applications(way, settings, job):
    table, slots = way.make(), PostgresSlots(settings(way))
    slots.set_up(print)
    way.put(table, item("migrated", v="1"))
    position = slots.end()
    way.put(table, item("written", v="2"))
    assert not slots_follow(slots.poll(), slots.names(), position, active=False).ok
    slots.advance(way.slot, position)
    assert slots_follow(slots.poll(), slots.names(), position, active=False).ok
    running, end = job(way), way.lsn()
    running.run_until(lambda: way.confirmed() >= end)
    assert set(way.items(table)) == {"written"}
    assert way.slot in slots_follow(slots.poll(), slots.names(), position, active=True).saw


def test_a_slot_that_was_made_late_is_already_past_them(way, settings):
    way.make()
    slots = PostgresSlots(settings(way))
    position = slots.end()
    assert "does not exist" in slots_follow(slots.poll(), slots.names(), position, active=False).saw
    said = []
    slots.set_up(said.append)
    assert len(said) == 2
    assert slots_follow(slots.poll(), slots.names(), position, active=False).ok
    assert slots.obstacles() == []


def test_a_slot_that_is_read_is_not_moved(way, settings, job):
    table, slots = way.make(), PostgresSlots(settings(way))
    slots.set_up(print)
    running = job(way)
    way.put(table, item("a", v="1"))
    arrived(way, running, table)
    with pytest.raises(TransientError, match="is active"):
        slots.advance(way.slot, slots.end() + 1)
