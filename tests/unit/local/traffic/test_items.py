import json
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Iterator, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.traffic.items import item_of, update_of
from local.traffic.keys import Item, key_of
from local.traffic.plan import SHAPES, Plan
from local.traffic.sizes import LIMIT, item_size
from local.verify.canonical import key_form

EVERY_SHAPE = Plan(tables=len(SHAPES), items=10_000, large_share=0)
INDEXES = st.integers(0, 2_000_000)


def items(plan: Plan, count: int, version: int = 0) -> Iterator[Item]:
    for table in plan.all_tables:
        for index in range(count):
            yield item_of(plan, table, index, version)


def scalars(value: Any) -> Iterator[Tuple[str, Any]]:
    kind, content = next(iter(value.items()))
    yield kind, content
    members = content.values() if kind == "M" else content if kind == "L" else ()
    for member in members:
        yield from scalars(member)
    if kind in ("SS", "NS", "BS"):
        for member in content:
            yield kind[0], member


def values(plan: Plan, count: int) -> Iterator[Tuple[str, Any]]:
    return (found for item in items(plan, count) for value in item.values() for found in scalars(value))


def test_equal_plans_write_the_same_bytes_on_every_machine() -> None:
    written = json.dumps(list(items(Plan(seed=7, items=1000, large_share=0.05), 60)), sort_keys=True)
    assert blake2b(written.encode(), digest_size=8).hexdigest() == "6f8721e98c4e827f"


@pytest.mark.parametrize("other", [Plan(seed=8), Plan(seed=7, prefix="x")])
def test_another_seed_or_table_gives_other_items(other: Plan) -> None:
    plan = Plan(seed=7)
    assert item_of(plan, plan.all_tables[0], 5, 1) != item_of(other, other.all_tables[0], 5, 1)


def test_no_version_repeats_another() -> None:
    table = EVERY_SHAPE.all_tables[0]
    assert len({json.dumps(item_of(EVERY_SHAPE, table, 3, version)) for version in range(200)}) == 200


def test_all_ten_types_and_the_empty_values_occur() -> None:
    found = list(values(EVERY_SHAPE, 100))
    assert {kind for kind, _ in found} == {"S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"}
    empty = {kind for kind, content in found if content in ("", [], {})}
    assert empty == {"S", "B", "L", "M"}


def test_numbers_reach_38_digits_and_both_ends_of_the_exponent_but_never_more() -> None:
    numbers = [Decimal(content) for kind, content in values(EVERY_SHAPE, 200) if kind == "N"]
    digits = [len("".join(map(str, number.as_tuple().digits)).strip("0")) for number in numbers]
    exponents = [number.adjusted() for number in numbers if number]
    assert max(digits) == 38
    assert (min(exponents), max(exponents)) == (-130, 125)


def test_odd_attribute_names_occur() -> None:
    names = {name for item in items(EVERY_SHAPE, 100) for name in item}
    assert {"a.b", "#", ":v", "N", "M", "list", "名前", "🚀", "with space"} <= names


def test_nul_characters_occur_only_when_asked_for() -> None:
    def has_nul(plan: Plan) -> bool:
        return any(kind == "S" and "\x00" in content for kind, content in values(plan, 100))

    assert has_nul(Plan(nul=True, large_share=0))
    assert not has_nul(EVERY_SHAPE)


def test_items_are_about_a_kilobyte() -> None:
    sizes = [item_size(item) for item in items(EVERY_SHAPE, 300)]
    assert 700 < sum(sizes) / len(sizes) < 1300


def test_large_items_have_the_requested_share_and_some_have_the_maximum_size() -> None:
    sizes = [item_size(item) for item in items(Plan(large_share=0.1), 300)]
    large = [size for size in sizes if size >= 50 * 1024]
    assert 50 <= len(large) <= 130
    assert max(sizes) == LIMIT
    assert min(large) < LIMIT


def test_an_item_and_its_copy_in_a_local_index_stay_within_the_limit_together() -> None:
    """DynamoDB Local refused an item that MiniStack accepted."""
    plan = Plan(tables=len(SHAPES), large_share=0.1)
    table = next(table for table in plan.all_tables if table.indexed)
    made = [item_of(plan, table, index, 0) for index in range(300)]
    assert max(item_size(item) for item in made if table.indexed[0][0] in item) == LIMIT // 2
    assert max(item_size(item) for item in made) == LIMIT


def test_index_keys_and_ttl_have_their_declared_type_and_are_sometimes_absent() -> None:
    for table in EVERY_SHAPE.all_tables:
        made = [item_of(EVERY_SHAPE, table, index, 1) for index in range(100)]
        for name, kind in table.indexed:
            held = [item[name] for item in made if name in item]
            assert 0 < len(held) < 100
            assert all(list(value) == [kind] and value[kind] for value in held)
        if table.ttl:
            assert all(int(item[table.ttl]["N"]) >= 4_102_444_800 for item in made)


@given(INDEXES, INDEXES)
def test_two_indexes_never_share_a_key(one: int, other: int) -> None:
    for table in EVERY_SHAPE.all_tables:
        names = table.key_names
        same = key_form(key_of(table, one), names) == key_form(key_of(table, other), names)
        assert same == (one == other)


@given(INDEXES, st.integers(1, 10**6))
def test_an_update_sets_and_removes_different_attributes_and_no_key(index: int, version: int) -> None:
    for table in EVERY_SHAPE.all_tables:
        update = update_of(EVERY_SHAPE, table, index, version)
        assert not set(update.sets) & set(update.removes)
        assert not {*update.sets, *update.removes} & set(table.key_names)


def test_updates_make_attributes_vanish() -> None:
    table = EVERY_SHAPE.all_tables[0]
    vanished = [
        set(update_of(EVERY_SHAPE, table, index, 1).removes) & set(item_of(EVERY_SHAPE, table, index, 0))
        for index in range(100)
    ]
    assert sum(map(bool, vanished)) > 80


def test_the_guides_items_are_those_of_its_program() -> None:
    plan = Plan(tables=0, guide=True)
    assert item_of(plan, plan.all_tables[0], 7, 0) == {"pk": {"S": "src1_user_007"}, "val": {"N": "7"}}
    assert set(update_of(plan, plan.all_tables[0], 7, 1).sets) == {"val"}


@pytest.mark.parametrize("wrong", [{"tables": 0}, {"items": -1}, {"large_share": 1.5}])
def test_an_invalid_plan_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"plan needs|must"):
        Plan(**wrong)
