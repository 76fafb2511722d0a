from __future__ import annotations

from typing import Dict, List, Tuple

import msgspec
import pytest

from connectors.base.errors import ConfigError, GapError
from connectors.base.table_fault import FaultKind
from connectors.dynamodb.scan.segments import MIB
from connectors.dynamodb.streams.calls import Shard
from connectors.dynamodb.streams.lineage import CONFIRMATIONS
from connectors.engine.enumerator.observations import (
    Listed,
    Observation,
    Prepared,
    Reported,
    Restreamed,
    RunAccepted,
)
from connectors.engine.enumerator.planner import Orders, TablesPlanner
from connectors.engine.enumerator.table_planner import SKIP_MARGIN, PlannerRules, TablePhase
from connectors.model.orders import DropOrder, NoticeOrder, Order, SegmentOrder, StreamOrder
from connectors.model.state import Changed
from connectors.model.steps import TableFact, TableFault
from tests.fakes.clock import FakeClock
from tests.fakes.look import closed_shard, open_shard
from tests.fakes.notices import plan

ALL = PlannerRules(readers=4, scan=True, stream=True, steps=True, hold_seconds=100.0)
RESCAN = ALL._replace(rescan=True)
INCREMENTAL = ALL._replace(scan=False)
FULL = ALL._replace(stream=False)
SCHEMA = FULL._replace(scan=False)
T0 = 1_700_000_000.0
GRACE = 5.0
IDS = (f"id{number}" for number in range(1_000_000))


def prepared(table: str = "t", size: int = 0, arn: str = "arn", target: int = 0) -> Prepared:
    return Prepared(table, [("pk", "S")], arn, size, 10, target)


def listed(*shards: Shard, table: str = "t", arn: str = "arn", at: float = T0) -> Listed:
    return Listed(table, arn, list(shards) or [open_shard("s")], at)


def trimmed(table: str, generation: int, hold: int = 0) -> TableFault:
    return TableFault(table, generation, hold, FaultKind.GAP, "trimmed")


class Rig:
    def __init__(self, rules: PlannerRules = ALL) -> None:
        self.rules, self.clock = rules, FakeClock()
        self.state: Dict[str, bytes] = {}
        self.start()

    def start(self, first_attempt: bool = True) -> None:
        saved = list(self.state.items())
        self.plans = TablesPlanner(
            self.rules, 0, GRACE, saved, self.clock, first_attempt, wall=self.clock, new_id=lambda: next(IDS)
        )
        self.see(RunAccepted())

    def find(self, *names: str) -> None:
        self._keep(self.plans.found(names))

    def see(self, *observations: Observation) -> Orders:
        orders: Orders = []
        for seen in observations:
            due, changed = self.plans.observe(seen)
            self._keep(changed)
            orders += due
        return orders

    def report(self, complete: bool = True, table: str = "t") -> None:
        """Every slot of the table has reached its step."""
        state = self.plans.tables[table]
        fact = TableFact(state.generation, state.step, complete)
        self.see(Reported({(slot, table): fact for slot in state.slots}, []))

    def advance(self, seconds: float = 0.0) -> Orders:
        self.clock.now += seconds
        due, changed = self.plans.advance()
        self._keep(changed)
        return due

    def register(self, table: str = "t", size: int = 0) -> Orders:
        self.find(table)
        return self.see(prepared(table, size), listed(table=table))

    def scan(self, size: int = 0) -> Orders:
        self.register(size=size)
        self.advance()
        return self.advance(GRACE)

    def phase(self, table: str = "t") -> TablePhase:
        return self.plans.tables[table].phase

    def _keep(self, changed: Changed) -> None:
        self.state.update(changed.puts)
        assert not changed.removes


def streams(orders: Orders) -> List[StreamOrder]:
    return [order for _, order in orders if isinstance(order, StreamOrder)]


def segments(orders: Orders) -> List[SegmentOrder]:
    return [order for _, order in orders if isinstance(order, SegmentOrder)]


def of(kind: type, orders: Orders) -> List[Tuple[int, Order]]:
    return [(slot, order) for slot, order in orders if isinstance(order, kind)]


def test_a_table_is_scanned_a_grace_after_its_open_shards_are_registered() -> None:
    rig = Rig()
    rig.find("t")
    assert rig.advance(100) == []
    assert rig.see(prepared()) == []
    assert rig.advance(100) == []
    (order,) = streams(rig.see(listed(open_shard("s"), closed_shard("old"))))
    assert [one.shard_id for one in order.assign] == ["s"]
    assert (order.since, order.skip_before, order.generation) == (T0, T0 - SKIP_MARGIN, 1)
    assert rig.advance() == []
    assert rig.advance(GRACE - 0.1) == []
    assert len(segments(rig.advance(0.1))) == 1
    assert segments(rig.advance(100)) == []


def test_the_parts_of_a_scan_are_numbered_once_and_handed_to_the_slots_in_turn() -> None:
    rig = Rig()
    orders = of(SegmentOrder, rig.scan(size=80 * MIB))
    found = [order for _, order in orders if isinstance(order, SegmentOrder)]
    assert [(one.part, one.parts, one.segment, one.total, one.of_target) for one in found] == [
        (n, 11, n, 11, False) for n in range(11)
    ]
    slots = [slot for slot, _ in orders]
    assert {slots.count(slot) for slot in range(4)} <= {2, 3}


def test_a_table_whose_stream_shows_a_shard_without_its_parent_is_not_scanned_yet() -> None:
    rig = Rig()
    rig.find("t")
    rig.see(prepared(), listed(open_shard("child", "not listed")))
    assert rig.phase() is TablePhase.PREPARED
    assert rig.advance(100) == []
    rig.see(listed(open_shard("child", "not listed"), closed_shard("not listed")))
    assert rig.phase() is TablePhase.REGISTERED


def test_the_start_is_the_date_of_the_first_listing_and_stays_it() -> None:
    rig = Rig()
    rig.register()
    order = streams(rig.see(listed(closed_shard("s"), open_shard("s2", "s"), at=T0 + 500)))[0]
    assert order.since == T0


def test_a_family_of_shards_stays_in_its_slot_over_a_restart() -> None:
    rig = Rig()
    ((slot, _),) = of(StreamOrder, rig.register())
    rig.start()
    ((later, _),) = of(StreamOrder, rig.see(listed(closed_shard("s"), open_shard("s2", "s"))))
    assert later == slot


def test_without_a_stream_a_table_is_scanned_at_once() -> None:
    rig = Rig(FULL)
    rig.find("t")
    rig.see(prepared())
    assert len(segments(rig.advance())) == 1


@pytest.mark.parametrize(("oldest", "shards", "skip"), [(True, 2, None), (False, 1, T0 - SKIP_MARGIN)])
def test_without_a_scan_a_stream_is_read_from_its_oldest_record_or_from_a_little_before_now(
    oldest: bool, shards: int, skip: object
) -> None:
    rig = Rig(INCREMENTAL._replace(oldest=oldest))
    rig.find("t")
    orders = streams(rig.see(prepared(), listed(closed_shard("old"), open_shard("s"))))
    assert len({one.shard_id for order in orders for one in order.assign}) == shards
    assert {order.skip_before for order in orders} == {skip}
    assert {order.generation for order in orders} == {0}
    assert segments(rig.advance(100)) == []


def test_a_table_found_later_is_read_from_its_streams_beginning() -> None:
    rig = Rig(INCREMENTAL._replace(oldest=False))
    rig.register()
    rig.find("t", "new")
    orders = streams(rig.see(prepared("new"), listed(closed_shard("old"), open_shard("s"), table="new")))
    assert {one.shard_id for order in orders for one in order.assign} == {"old", "s"}
    assert {order.skip_before for order in orders} == {None}


@pytest.mark.parametrize("saved", [False, True])
def test_after_a_run_that_ended_unsaved_the_whole_stream_is_read_in_addition_to_the_scan(saved: bool) -> None:
    """It may have written what was deleted since: no scan shows that."""
    rig = Rig()
    if saved:
        rig.find("t")
    rig.start(first_attempt=False)
    rig.find("t")
    orders = streams(rig.see(prepared(), listed(closed_shard("old"), open_shard("s"))))
    assert {one.shard_id for order in orders for one in order.assign} == {"old", "s"}
    assert {order.skip_before for order in orders} == {None}


def test_the_grace_begins_again_after_a_restart() -> None:
    rig = Rig()
    rig.register()
    rig.advance(GRACE - 1)
    rig.start()
    assert segments(rig.advance(1)) == []
    assert len(segments(rig.advance(GRACE))) == 1


def test_a_scan_handed_out_is_not_handed_out_again_after_a_restart() -> None:
    rig = Rig()
    rig.scan()
    rig.start()
    assert segments(rig.advance(1000)) == []
    assert streams(rig.see(prepared(), listed())) == []


GAPS = [
    trimmed("t", 1),
    Restreamed("t", "arn", "recreated"),
]


@pytest.mark.parametrize("gap", GAPS)
def test_a_gap_fails_the_job_naming_table_and_reason(gap: Observation) -> None:
    rig = Rig()
    rig.scan()
    with pytest.raises(GapError, match=r"table t: .*(trimmed|recreated)"):
        rig.see(gap)


@pytest.mark.parametrize("gap", GAPS)
def test_a_gap_orders_every_slot_to_drop_then_a_new_scan_and_a_sweep_of_the_target(gap: Observation) -> None:
    rig = Rig(RESCAN)
    rig.scan()
    assert rig.see(gap) == [(slot, DropOrder("t", 2)) for slot in range(4)]
    assert rig.phase() is TablePhase.NEW
    (order,) = streams(rig.see(prepared(arn="arn 2", target=9 * MIB), listed(arn="arn 2", at=T0 + 50)))
    assert (order.generation, order.arn, order.since) == (2, "arn 2", T0 + 50)
    rig.report()
    rig.advance()
    found = segments(rig.advance(GRACE))
    assert [(one.part, one.parts, one.segment, one.total, one.of_target) for one in found] == [
        (0, 3, 0, 1, False),
        (1, 3, 0, 2, True),
        (2, 3, 1, 2, True),
    ]
    assert {one.generation for one in found} == {2}


@pytest.mark.parametrize("gap", GAPS)
def test_what_is_reported_of_the_gap_again_changes_nothing(gap: Observation) -> None:
    rig = Rig(RESCAN)
    rig.scan()
    rig.see(gap)
    assert rig.see(gap) == []
    rig.see(prepared(arn="arn 2"), listed(arn="arn 2", at=T0 + 50))
    assert rig.see(gap, listed(arn="arn")) == []
    assert rig.plans.tables["t"].generation == 2


def test_an_error_that_was_found_before_the_last_suspension_or_in_another_table_changes_nothing() -> None:
    rig = Rig()
    rig.scan()
    assert rig.see(trimmed("t", 1, hold=2), trimmed("t", 0), trimmed("other", 1)) == []


def test_a_gap_without_a_scan_before_it_is_scanned_and_swept_and_its_target_is_never_recreated() -> None:
    rig = Rig(INCREMENTAL._replace(rescan=True))
    rig.register()
    rig.see(trimmed("t", 0))
    assert rig.plans.tables["t"].generation == 2  # generation 1 is the one that may recreate its target
    rig.see(prepared(), listed())
    rig.report()
    rig.advance()
    assert [one.of_target for one in segments(rig.advance(GRACE))] == [False, True]


def test_a_gap_during_the_grace_does_not_shorten_that_of_the_new_scan() -> None:
    rig = Rig(RESCAN)
    rig.register()
    rig.advance()
    rig.advance(GRACE - 1)
    rig.see(GAPS[1], prepared(arn="arn 2"), listed(arn="arn 2"))
    rig.report()
    assert segments(rig.advance(1)) == []
    assert len(segments(rig.advance(GRACE))) == 2


def notices(orders: Orders) -> List[str]:
    """The same for every slot, once each."""
    told: List[List[str]] = [[] for _ in range(FULL.readers)]
    for slot, order in orders:
        if isinstance(order, NoticeOrder):
            told[slot].append(order.text)
    assert all(texts == told[0] for texts in told)
    return told[0]


def test_the_plan_is_announced_once_when_all_tables_of_the_first_look_are_handed_out() -> None:
    rig = Rig(FULL)
    rig.find("b", "a")
    rig.see(prepared("a"))
    assert notices(rig.advance()) == []
    rig.find("a", "b", "later")
    rig.see(prepared("b"))
    orders = rig.advance()
    assert notices(orders) == [plan("a", "b")]
    assert isinstance(orders[-1][1], NoticeOrder)
    assert notices(rig.advance()) == []


def test_after_a_restart_the_plan_is_announced_again_since_another_may_wait_for_the_end() -> None:
    rig = Rig(FULL)
    rig.find("a")
    rig.see(prepared("a"))
    assert notices(rig.advance()) == [plan("a")]
    rig.start()
    assert notices(rig.advance()) == [plan("a")]


def test_making_the_tables_is_the_whole_plan_where_only_they_are_wanted() -> None:
    rig = Rig(SCHEMA)
    rig.find("t")
    assert notices(rig.advance()) == []
    rig.see(prepared(arn=""))
    told = [(slot, NoticeOrder(plan("t", parts=0))) for slot in range(SCHEMA.readers)]
    assert rig.advance() == told


@pytest.mark.parametrize(("readers", "lanes", "key"), [(5, 8, "readers"), (4, 9, "check.lanes")])
def test_state_made_with_other_readers_or_lanes_is_refused(readers: int, lanes: int, key: str) -> None:
    changed = TablesPlanner(ALL, 8, GRACE).found(["t"])
    with pytest.raises(
        ConfigError, match=f"{key}: is {readers if key == 'readers' else lanes}, but"
    ) as raised:
        TablesPlanner(ALL._replace(readers=readers), lanes, GRACE, list(changed.puts.items()))
    assert raised.value.allowed == ["4" if key == "readers" else "8"]


def test_every_step_can_be_restored() -> None:
    rig = Rig(RESCAN)
    for step in (
        lambda: rig.find("t"),
        lambda: rig.see(prepared()),
        lambda: rig.see(listed()),
        lambda: rig.advance(),
        lambda: rig.advance(GRACE),
        lambda: rig.report(),
        lambda: rig.advance(),
        lambda: rig.see(GAPS[0]),
    ):
        step()
        before = msgspec.msgpack.encode(list(rig.plans.tables.values()))
        registered = rig.plans.tables["t"].lineage.registered
        rig.start()
        after = msgspec.msgpack.encode(list(rig.plans.tables.values()))
        assert before == after or not registered


def shards_left_out(rig: Rig) -> Tuple[int, int]:
    shown = {one.name: one.value for one in rig.plans.gauges()}
    return shown["shardsFound"], shown["shardsPassedOver"]


def test_shards_that_no_reader_has_are_counted_by_the_reason() -> None:
    rig = Rig()
    rig.find("t")
    rig.see(prepared(), listed(closed_shard("a", parent="trimmed"), open_shard("b", parent="a")))
    assert shards_left_out(rig) == (2, 0)  # the start is not settled while a parent is missing
    for _ in range(CONFIRMATIONS):
        rig.see(listed(closed_shard("a", parent="trimmed"), open_shard("b", parent="a")))
    assert shards_left_out(rig) == (0, 1)


def test_a_table_without_a_stream_shows_no_shards() -> None:
    rig = Rig(FULL)
    rig.find("t")
    rig.see(prepared(arn=""))
    assert not any(one.name.startswith("shards") for one in rig.plans.gauges())


def after_plan(rig: Rig) -> Dict[str, bool]:
    return {name: state.after_plan for name, state in rig.plans.tables.items()}


def test_a_table_that_appears_later_is_distinguished_from_the_first_plan_also_after_a_restart() -> None:
    rig = Rig()
    rig.find("a", "b")
    rig.find("a", "b", "c")
    assert after_plan(rig) == {"a": False, "b": False, "c": True}
    rig.start(first_attempt=False)
    rig.find("a", "b", "c", "d")
    assert after_plan(rig) == {"a": False, "b": False, "c": True, "d": True}


def test_a_run_that_ended_before_anything_was_saved_makes_its_first_plan_again() -> None:
    rig = Rig()
    rig.start(first_attempt=False)
    rig.find("a")
    assert after_plan(rig) == {"a": False}
