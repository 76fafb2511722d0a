"""The slots as a cut-over finds and moves them, in a real PostgreSQL."""

import pytest

from connectors.base.errors import TransientError
from connectors.command.cutover.health import slots_follow
from connectors.command.cutover.postgres import PostgresSlots
from tests.integration.reverse.pair import item
from tests.integration.reverse.test_changes import arrived


def test_a_slot_made_early_passes_over_the_migrations_writes_and_holds_the_applications(pair, settings, job):
    table, slots = pair.make(), PostgresSlots(settings(pair))
    slots.set_up(print)
    pair.put(table, item("migrated", v="1"))
    position = slots.end()
    pair.put(table, item("written", v="2"))
    assert not slots_follow(slots.poll(), slots.names(), position, active=False).ok
    slots.advance(pair.slot, position)
    assert slots_follow(slots.poll(), slots.names(), position, active=False).ok
    running, end = job(pair), pair.lsn()
    running.run_until(lambda: pair.confirmed() >= end)
    assert set(pair.items(table)) == {"written"}
    assert pair.slot in slots_follow(slots.poll(), slots.names(), position, active=True).saw


def test_a_slot_that_was_made_late_is_already_past_them(pair, settings):
    pair.make()
    slots = PostgresSlots(settings(pair))
    position = slots.end()
    assert "does not exist" in slots_follow(slots.poll(), slots.names(), position, active=False).saw
    said = []
    slots.set_up(said.append)
    assert len(said) == 2
    assert slots_follow(slots.poll(), slots.names(), position, active=False).ok
    assert slots.obstacles() == []


def test_a_slot_that_is_read_is_not_moved(pair, settings, job):
    table, slots = pair.make(), PostgresSlots(settings(pair))
    slots.set_up(print)
    running = job(pair)
    pair.put(table, item("a", v="1"))
    arrived(pair, running, table)
    with pytest.raises(TransientError, match="is active"):
        slots.advance(pair.slot, slots.end() + 1)


@pytest.mark.parametrize("by_name", [False, True], ids=["all tables", "by name"])
def test_a_second_group_joins_and_neither_a_change_is_lost_nor_a_write_of_the_migration_sent_back(
    pair, settings, job, by_name
):
    first, second, other = (pair.make(name) for name in ("first", "second_group", "other"))
    if by_name:  # PostgreSQL refuses updates of this one in a publication FOR ALL TABLES
        pair.sql("CREATE TABLE plain (n int)")
    groups = (
        {"filter__whiteTableSet": first},
        {"filter__whiteTableSet": f"{first.replace('_', '[._]')};{second}"},
    )
    pair.put(first, item("migrated"))
    early = PostgresSlots(settings(pair, **groups[0]))
    early.set_up(print)
    running = job(pair, **groups[0])
    pair.put(first, item("a", v="application"))
    pair.put(second, item("migrated"))
    pair.put(other, item("migrated"))
    position = early.end()
    running.run_until(lambda: slots_follow(early.poll(), early.names(), position, active=True).ok)
    running.close()

    pair.put(first, item("between", v="application"))
    late, said = PostgresSlots(settings(pair, **groups[1])), []
    late.set_up(said.append)
    assert any("ADD TABLE" in statement for statement in said) == by_name
    pair.put(second, item("b", v="application"))
    pair.put(other, item("later"))
    running, end = job(pair, **groups[1]), pair.lsn()
    running.run_until(lambda: pair.confirmed() >= end)
    assert {table: set(pair.items(table)) for table in (first, second, other)} == {
        first: {"a", "between"},
        second: {"b"},
        other: set(),
    }
