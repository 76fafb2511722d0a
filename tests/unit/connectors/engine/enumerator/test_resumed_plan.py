"""A job with an end waits for the plan's announcement, also when it resumes from a savepoint."""

from connectors.engine.enumerator.observations import Prepared
from connectors.engine.enumerator.planner import TablesPlanner
from connectors.engine.enumerator.table_planner import PlannerRules
from connectors.model.orders import NoticeOrder
from tests.fakes.notices import plan

RULES = PlannerRules(readers=2, scan=True, stream=False)


def plans(saved=()):
    return TablesPlanner(RULES, lanes=2, grace=0.0, saved=saved)


def announced(orders):
    return [order.text for _, order in orders if isinstance(order, NoticeOrder)]


def begun():
    """Plans whose scan has been ordered, what it announced, and the state it stored."""
    first, stored = plans(), {}
    changes = [first.found(["orders"])]
    changes.append(first.observe(Prepared("orders", [("id", "S")], "", 0, 0))[1])
    orders, changed = first.advance()
    for each in [*changes, changed]:
        stored.update(each.puts)
    return first, announced(orders), list(stored.items())


def test_the_plan_is_announced_once():
    first, said, _ = begun()
    assert said == [plan("orders")]
    assert announced(first.advance()[0]) == []


def test_a_resumed_job_announces_its_plan_again_and_orders_nothing_twice():
    _, _, saved = begun()
    orders, changed = plans(saved).advance()
    assert announced(orders) == [plan("orders")]
    assert len(orders) == 1
    assert not changed.puts
