from collections import Counter
from typing import Dict, List, Tuple

from hypothesis import given, settings
from hypothesis import strategies as st

from local.traffic.book import Book, Outcome
from local.traffic.history import Kind, Op, item_in
from local.traffic.items import LARGE, item_of
from local.traffic.owner import HOT_KEYS, Owner, guide_owner
from local.traffic.plan import Plan
from local.traffic.sizes import LIMIT, item_size
from tests.harness.depth import examples

PLAN = Plan(tables=3, items=300, large_share=0)


def book_of(plan: Plan) -> Book:
    return Book(plan, {table.name: plan.loaded(table) for table in plan.all_tables})


def drive(owner: Owner, turns: int, outcome: Outcome = Outcome.APPLIED) -> List[Op]:
    done = []
    for _ in range(turns):
        for op in owner.next_ops():
            owner.settle(op, outcome)
            done.append(op)
    return done


@settings(max_examples=examples(25), deadline=None)
@given(st.integers(1, 9), st.integers(0, 1000))
def test_every_key_belongs_to_one_owner(owners: int, seed: int) -> None:
    book = book_of(PLAN)
    for number in range(owners):
        for op in drive(Owner(PLAN, book, number, owners, str(seed)), 20):
            assert op.nth % owners == number


def test_the_versions_of_a_key_grow_and_never_repeat() -> None:
    last: Dict[Tuple[str, int], int] = {}
    for op in drive(Owner(PLAN, book_of(PLAN), 0, 2, "s"), 2000):
        assert op.version > last.get((op.table, op.nth), 0)
        last[op.table, op.nth] = op.version


def test_the_same_seed_gives_the_same_ops_and_another_seed_gives_other_ops() -> None:
    runs = [drive(Owner(PLAN, book_of(PLAN), 1, 4, seed), 200) for seed in ("a", "a", "b")]
    assert runs[0] == runs[1] != runs[2]


def test_a_quarter_of_the_turns_goes_to_the_hot_keys() -> None:
    plan = Plan(tables=1, items=8000, large_share=0)
    done = Counter(op.nth for op in drive(Owner(plan, book_of(plan), 0, 4, "s"), 2000))
    hot = sum(count for _, count in done.most_common(HOT_KEYS))
    assert 0.2 < hot / sum(done.values()) < 0.4


def test_deleted_keys_come_back_and_keys_beyond_the_load_appear() -> None:
    present: Dict[Tuple[str, int], bool] = {}
    back = new = 0
    for op in drive(Owner(PLAN, book_of(PLAN), 0, 1, "s"), 4000):
        name = op.table, op.nth
        if op.kind is not Kind.DELETE:
            back += present.get(name) is False
            new += name not in present and op.nth >= PLAN.loaded(PLAN.by_name[op.table])
        present[name] = op.kind is not Kind.DELETE
    assert back > 50
    assert new > 10


def test_a_key_is_inserted_removed_and_inserted_in_one_burst() -> None:
    owner = Owner(PLAN, book_of(PLAN), 0, 1, "s")
    bursts = set()
    for _ in range(3000):
        ops = owner.next_ops()
        assert len({(op.table, op.nth) for op in ops}) == 1
        bursts.add(tuple(op.kind for op in ops))
        for op in ops:
            owner.settle(op, Outcome.APPLIED)
    assert (Kind.PUT, Kind.DELETE, Kind.PUT) in bursts
    assert (Kind.DELETE, Kind.PUT, Kind.DELETE, Kind.PUT) in bursts


def test_a_key_of_unknown_state_is_not_written_again() -> None:
    keys = [(op.table, op.nth) for op in drive(Owner(PLAN, book_of(PLAN), 0, 4, "s"), 500, Outcome.UNKNOWN)]
    # a burst goes on here, since nothing but the runner ends it at the first failure
    firsts = [name for number, name in enumerate(keys) if not number or keys[number - 1] != name]
    assert len(firsts) == len(set(firsts))


def test_an_item_at_the_size_limit_is_put_but_never_updated() -> None:
    plan = Plan(tables=1, items=20, large_share=1)
    book = book_of(plan)
    states: Dict[int, bool] = dict.fromkeys(range(20), True)
    for op in drive(Owner(plan, book, 0, 1, "s"), 500):
        if op.kind is Kind.UPDATE:
            assert not states.get(op.nth)
        else:
            large = op.kind is Kind.PUT
            assert not large or LARGE in item_of(plan, plan.all_tables[0], op.nth, op.version)
            states[op.nth] = large


def test_no_update_takes_an_item_over_the_size_limit() -> None:
    plan = Plan(tables=2, items=30, large_share=0.3)
    book, sizes = book_of(plan), []
    owner = Owner(plan, book, 0, 1, "s")
    for _ in range(600):
        for op in owner.next_ops():
            owner.settle(op, Outcome.APPLIED)
            (state,) = book.record(op.table, op.nth).states
            item = item_in(plan, plan.by_name[op.table], op.nth, state)
            if op.kind is Kind.UPDATE and item is not None:
                sizes.append(item_size(item))
    assert len(sizes) > 100
    assert max(sizes) <= LIMIT


def test_the_guides_owner_updates_its_hundred_keys_in_turn() -> None:
    plan = Plan(tables=0, guide=True)
    owner = guide_owner(plan, book_of(plan))
    assert owner is not None
    done = []
    for _ in range(101):
        (op,) = owner.next_ops()
        owner.settle(op, Outcome.APPLIED)
        done.append(op)
    assert [op.nth for op in done] == [*range(100), 0]
    assert {op.kind for op in done} == {Kind.UPDATE}
    assert done[-1].version == 2
