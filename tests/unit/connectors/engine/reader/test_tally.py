"""What a slot counts of its scans, and that a restart does not lose it."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.engine.reader.tally import ENTRY, Tallies, Tally, total
from connectors.model.orders import SegmentOrder
from connectors.model.state import Changed

SCHEMA = [("id", "S")]


def order(table="orders", generation=1, of_target=False):
    return SegmentOrder(table, generation, SCHEMA, 0, 4, 0, 4, of_target)


def restored(changed):
    tallies = Tallies()
    for name, value in changed.puts.items():
        tallies.restore(name[len(ENTRY) :], value)
    return tallies


@given(st.lists(st.tuples(st.sampled_from(["a", "b.c", "d/e"]), st.integers(0, 1000), st.booleans())))
def test_counts_are_in_the_state_after_every_batch(batches):
    tallies, stored = Tallies(), Changed()
    for table, items, done in batches:
        tallies.read(order(table), items, done, stored)
        assert restored(stored).tables == tallies.tables
    for table in tallies.tables:
        mine = [(items, done) for name, items, done in batches if name == table]
        assert tallies.tables[table] == Tally(
            1, sum(items for items, _ in mine), sum(done for _, done in mine)
        )


def test_a_sweep_of_the_target_counts_as_a_segment_but_its_items_do_not():
    tallies = Tallies()
    tallies.read(order(of_target=True), 500, True, Changed())
    assert tallies.tables["orders"] == Tally(1, items=0, done=1, target_items=500)


def test_a_new_generation_counts_from_0():
    tallies, changed = Tallies(), Changed()
    tallies.read(order(), 500, True, changed)
    tallies.read(order(generation=2), 7, False, changed)
    assert restored(changed).tables["orders"] == Tally(2, items=7, done=0)


def test_dropping_a_generation_forgets_its_counts_in_state_too():
    tallies, changed = Tallies(), Changed()
    tallies.read(order(), 500, True, changed)
    tallies.drop("orders", 2, changed)
    assert restored(changed).tables["orders"] == Tally(2)
    tallies.drop("unknown", 2, changed)
    assert "unknown" not in tallies.tables


def test_the_total_of_slots_leaves_out_those_that_still_stand_at_an_older_scan():
    slots = [Tallies(), Tallies(), Tallies()]
    slots[0].read(order(), 900, True, Changed())
    slots[1].read(order(generation=2), 5, True, Changed())
    slots[2].read(order(generation=2), 6, False, Changed())
    assert total(slots) == {"orders": Tally(2, items=11, done=1)}
    assert slots[1].tables["orders"].items == 5
