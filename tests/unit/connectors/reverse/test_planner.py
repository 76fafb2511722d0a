"""What the reverse job's enumerator orders, and what a look at the database means to it."""

from collections import Counter

import pytest

from connectors.base.errors import ConfigError, TerminalError
from connectors.engine.flink.keygroups import even_keys
from connectors.model.orders import ReplicationOrder, StartPassed
from connectors.postgres.layout.assignment import AssignmentRules
from connectors.postgres.replication import continuity
from connectors.reverse.planner import SlotPlanner, SlotPlannerRules, reader_of
from connectors.reverse.survey import Survey
from tests.fakes.keygroups import subtask
from tests.fakes.layout import facts as relation_facts
from tests.unit.connectors.postgres.replication.test_problems import GOOD, ITEMS, SLOT

RULES = SlotPlannerRules([("slot", "pub")], 2, 0, AssignmentRules({}, lambda name: True), True, 1000)


def survey(facts, ids=None):
    return Survey(facts, ["Items"], ids or {})


def test_each_slot_is_ordered_once_over_all_restarts():
    rules = RULES._replace(feeds=[("a", "pa"), ("b", "pb"), ("c", "pc")], start=7)
    plans = SlotPlanner(rules)
    orders, changed = plans.advance()
    assert orders == [
        (0, ReplicationOrder("a", 7)),
        (1, ReplicationOrder("b", 7)),
        (1, ReplicationOrder("c", 7)),
    ]
    assert plans.advance()[0] == []
    assert SlotPlanner(rules, changed.puts.items()).advance()[0] == []


def test_a_slot_added_to_the_configuration_is_ordered_in_addition_to_the_known_ones():
    _, changed = SlotPlanner(RULES).advance()
    more = RULES._replace(feeds=[("slot", "pub"), ("two", "pub2")])
    orders, _ = SlotPlanner(more, changed.puts.items()).advance()
    assert orders == [(1, ReplicationOrder("two"))]


def test_a_table_dropped_while_the_job_was_down_is_named():
    _, changed = SlotPlanner(RULES).observe(survey(GOOD))
    again = SlotPlanner(RULES, changed.puts.items())
    with pytest.raises(TerminalError, match="table Items: was dropped"):
        again.observe(survey(GOOD._replace(relations=())))


def test_a_drop_is_refused_until_the_user_decides_even_if_the_table_is_there_again():
    plans, known = restored(SlotPlanner(RULES).observe(survey(GOOD))[1])
    again = survey(GOOD._replace(relations=(ITEMS._replace(oid=77),)))
    for _ in range(2):
        with pytest.raises(TerminalError, match="table Items: was dropped"):
            plans.observe(again)
        plans, _ = restored(known)
    accepted = SlotPlanner(RULES._replace(dropped_fails=False), known.puts.items())
    changed = accepted.observe(again)[1]
    restored(changed)[0].observe(again)


def test_a_gap_of_the_publication_or_of_dynamodb_is_refused_whatever_the_settings_accept():
    rules = RULES._replace(dropped_fails=False)
    changed = SlotPlanner(rules).observe(survey(GOOD, {"Items": "1"}))[1]
    for _ in range(2):
        with pytest.raises(TerminalError, match="created again in DynamoDB"):
            SlotPlanner(rules, changed.puts.items()).observe(survey(GOOD, {"Items": "2"}))


def test_identities_of_the_submission_count_until_the_state_has_its_own():
    known = SlotPlanner(RULES).observe(survey(GOOD))[1].puts["known"]
    again = survey(GOOD._replace(relations=(ITEMS._replace(oid=77),)))
    submitted = RULES._replace(known=continuity.decode(known))
    for _ in range(2):
        with pytest.raises(TerminalError, match="table Items: was dropped"):
            SlotPlanner(submitted).observe(again)
    changed = SlotPlanner(submitted).observe(survey(GOOD))[1]
    assert changed.puts["known"] == known
    other = SlotPlanner(RULES).observe(again)[1]
    SlotPlanner(submitted, other.puts.items()).observe(again)


def restored(changed):
    return SlotPlanner(RULES, changed.puts.items()), changed


def test_a_dropped_table_may_be_ignored(caplog):
    plans = SlotPlanner(RULES._replace(dropped_fails=False))
    plans.observe(survey(GOOD))
    plans.observe(survey(GOOD._replace(relations=())))
    plans.observe(survey(GOOD._replace(relations=())))
    assert caplog.text.count("table Items: was dropped") == 1


def test_a_table_outside_the_publication_stops_the_job():
    unseen = relation_facts("Unseen", "id", oid=2)
    with pytest.raises(TerminalError, match=r"Unseen.*ALTER PUBLICATION"):
        SlotPlanner(RULES).observe(survey(GOOD._replace(relations=(ITEMS, unseen))))


def test_a_slot_is_measured_and_one_that_keeps_too_much_is_warned_of_once(caplog):
    plans = SlotPlanner(RULES)
    facts = GOOD._replace(
        slots={"slot": SLOT._replace(restart_lsn=100, confirmed_lsn=300, current_lsn=1200, active_pid=1)}
    )
    plans.observe(survey(facts))
    plans.observe(survey(facts))
    gauges = {gauge.name: gauge.value for gauge in plans.gauges() if gauge.group == "slot"}
    assert gauges == {"slotLagBytes": 900, "retainedWalBytes": 1100, "retainedWalHigh": 1, "slotActive": 1}
    assert caplog.text.count("keeps 1100 bytes of log") == 1


def test_whether_a_slot_is_active_is_unknown_until_a_reader_has_had_time_to_begin():
    plans = SlotPlanner(RULES)
    assert shown_active(plans) == []
    assert shown_active(plans) == [0]
    assert shown_active(plans, pid=7) == [1]


def shown_active(plans, pid=None):
    plans.observe(survey(GOOD._replace(slots={"slot": SLOT._replace(active_pid=pid)})))
    return [gauge.value for gauge in plans.gauges() if gauge.name == "slotActive"]


@pytest.mark.parametrize("lost", ["slots", "publications"])
def test_a_slot_or_publication_that_is_gone_stops_a_running_job(lost):
    with pytest.raises(TerminalError, match=r"does not exist"):
        SlotPlanner(RULES).observe(survey(GOOD._replace(**{lost: {}})))


def test_a_table_that_the_filter_now_leaves_out_was_not_dropped():
    _, changed = SlotPlanner(RULES).observe(survey(GOOD))
    narrower = SlotPlanner(
        RULES._replace(assignment=AssignmentRules({}, lambda name: False)), changed.puts.items()
    )
    narrower.observe(survey(GOOD._replace(relations=())))


def test_state_of_a_job_with_other_readers_is_refused():
    """The slot's order is stored under a key that would never be woken."""
    _, changed = SlotPlanner(RULES).advance()
    with pytest.raises(ConfigError, match="readers"):
        SlotPlanner(RULES._replace(readers=3), changed.puts.items())


def test_a_start_that_a_slot_has_passed_permanently_is_sent_once_to_every_reader():
    plans = SlotPlanner(RULES._replace(start=60))
    before = GOOD._replace(slots={"slot": SLOT._replace(restart_lsn=59, confirmed_lsn=500)})
    assert plans.observe(survey(before))[0] == []
    passed = GOOD._replace(slots={"slot": SLOT._replace(restart_lsn=60)})
    assert plans.observe(survey(passed))[0] == [(0, StartPassed("slot")), (1, StartPassed("slot"))]
    assert plans.observe(survey(passed))[0] == []


def test_without_a_start_position_no_order_is_sent():
    assert SlotPlanner(RULES).observe(survey(GOOD))[0] == []


@pytest.mark.parametrize(("slots", "parallelism"), [(1, 4), (2, 2), (4, 4), (4, 2), (8, 4), (8, 8), (2, 8)])
def test_slots_are_spread_over_the_subtasks(slots, parallelism):
    keys = even_keys(8)
    counts = Counter(subtask(keys[reader_of(place, slots, 8)], parallelism) for place in range(slots))
    assert len(counts) == min(slots, parallelism)
    assert max(counts.values()) - min(counts.values()) == 0


def test_slots_beyond_the_readers_share_them():
    assert [reader_of(place, 6, 2) for place in range(6)] == [0, 0, 0, 1, 1, 1]
