"""What the reverse job's enumerator orders, and what a look at the database means to it."""

import pytest

from connectors.base.errors import ConfigError, TerminalError
from connectors.model.orders import ReplicationOrder
from connectors.postgres.replication.facts import RelationFacts
from connectors.reverse.planner import SlotPlanner, SlotPlannerRules
from tests.unit.connectors.postgres.replication.test_problems import GOOD, ITEMS, SLOT

RULES = SlotPlannerRules([("slot", "pub")], 2, 0, lambda name: True, True, 1000)


def test_each_slot_is_ordered_once_over_all_restarts():
    rules = RULES._replace(feeds=[("a", "pa"), ("b", "pb"), ("c", "pc")], start=7)
    plans = SlotPlanner(rules, 4)
    orders, changed = plans.advance()
    assert orders == [
        (0, ReplicationOrder("a", 7)),
        (1, ReplicationOrder("b", 7)),
        (0, ReplicationOrder("c", 7)),
    ]
    assert plans.advance()[0] == []
    assert SlotPlanner(rules, 4, changed.puts.items()).advance()[0] == []


def test_a_slot_added_to_the_configuration_is_ordered_beside_the_known_ones():
    _, changed = SlotPlanner(RULES, 4).advance()
    more = RULES._replace(feeds=[("slot", "pub"), ("two", "pub2")])
    orders, _ = SlotPlanner(more, 4, changed.puts.items()).advance()
    assert orders == [(1, ReplicationOrder("two"))]


def test_a_table_dropped_while_the_job_was_down_is_named():
    _, changed = SlotPlanner(RULES, 4).observe(GOOD)
    again = SlotPlanner(RULES, 4, changed.puts.items())
    with pytest.raises(TerminalError, match="table Items: was dropped"):
        again.observe(GOOD._replace(relations=()))


def test_a_dropped_table_may_be_ignored(caplog):
    plans = SlotPlanner(RULES._replace(dropped_fails=False), 4)
    plans.observe(GOOD)
    plans.observe(GOOD._replace(relations=()))
    plans.observe(GOOD._replace(relations=()))
    assert caplog.text.count("table Items: was dropped") == 1


def test_a_table_outside_the_publication_stops_the_job():
    unseen = RelationFacts("public", "Unseen", "d", True, True)
    with pytest.raises(TerminalError, match=r"Unseen.*ALTER PUBLICATION"):
        SlotPlanner(RULES, 4).observe(GOOD._replace(relations=(ITEMS, unseen)))


def test_a_slot_is_measured_and_one_that_keeps_too_much_is_warned_of_once(caplog):
    plans = SlotPlanner(RULES, 4)
    facts = GOOD._replace(
        slots={"slot": SLOT._replace(restart_lsn=100, confirmed_lsn=300, current_lsn=1200, active_pid=1)}
    )
    plans.observe(facts)
    plans.observe(facts)
    gauges = {gauge.name: gauge.value for gauge in plans.gauges() if gauge.group == "slot"}
    assert gauges == {"slotLagBytes": 900, "retainedWalBytes": 1100, "retainedWalHigh": 1, "slotActive": 1}
    assert caplog.text.count("keeps 1100 bytes of log") == 1


@pytest.mark.parametrize("lost", ["slots", "publications"])
def test_a_slot_or_publication_that_is_gone_stops_a_running_job(lost):
    with pytest.raises(TerminalError, match=r"does not exist"):
        SlotPlanner(RULES, 4).observe(GOOD._replace(**{lost: {}}))


def test_a_table_that_the_filter_now_leaves_out_was_not_dropped():
    _, changed = SlotPlanner(RULES, 4).observe(GOOD)
    narrower = SlotPlanner(RULES._replace(allows=lambda name: False), 4, changed.puts.items())
    narrower.observe(GOOD._replace(relations=()))


@pytest.mark.parametrize(("readers", "lanes", "named"), [(3, 4, "readers"), (2, 5, "lanes")])
def test_state_of_a_job_with_other_readers_or_lanes_is_refused(readers, lanes, named):
    """The slot's order lies under a key that nobody would wake."""
    _, changed = SlotPlanner(RULES, 4).advance()
    with pytest.raises(ConfigError, match=named):
        SlotPlanner(RULES._replace(readers=readers), lanes, changed.puts.items())
