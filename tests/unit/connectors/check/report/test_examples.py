from __future__ import annotations

import msgspec

from connectors.check.report.difference import DifferenceKind
from connectors.check.report.examples import ATTRIBUTES, PER_KIND, choose, example_of
from connectors.check.report.values import NOTHING
from tests.fakes.differences import difference


def test_no_more_than_the_first_few_of_a_kind_and_table_are_kept() -> None:
    many = [
        difference(kind, table, {"id": {"N": str(n)}})
        for n in range(50)
        for kind in DifferenceKind
        for table in "ab"
    ]
    chosen = choose(many)
    assert len(chosen) == 6
    assert all(len(few) == PER_KIND for few in chosen.values())
    assert [each.key for each in chosen["a", DifferenceKind.EXTRA][:2]] == ["id = 0", "id = 1"]


def test_repaired_ones_come_after_those_that_are_left() -> None:
    given = [difference(DifferenceKind.EXTRA, key={"id": {"N": str(n)}}, repaired=n < 30) for n in range(40)]
    keys = [each.key for each in choose(given)["orders", DifferenceKind.EXTRA]]
    assert keys == [f"id = {n}" for n in [*range(30, 40), *range(10)]]


def test_an_attribute_that_one_side_lacks_is_nothing_there() -> None:
    made = example_of(
        difference(DifferenceKind.DIFFERENT, attributes={"a": (None, {"N": "1"}), "b": ({"N": "1"}, None)})
    )
    assert made.rows[0].source == NOTHING
    assert made.rows[1].target == NOTHING


def test_an_attribute_with_the_value_null_is_there() -> None:
    made = example_of(difference(DifferenceKind.DIFFERENT, attributes={"a": ({"NULL": True}, None)}))
    assert made.rows[0].source.text() == "null"
    assert made.rows[0].source != made.rows[0].target


def test_of_an_item_with_many_attributes_the_first_are_shown_and_the_rest_counted() -> None:
    made = example_of(difference(DifferenceKind.MISSING, item={f"a{n}": {"N": "1"} for n in range(100)}))
    assert len(made.rows) == ATTRIBUTES
    assert made.more == 100 - ATTRIBUTES


def test_an_item_of_400_kilobytes_makes_a_small_example() -> None:
    long = {f"{n}" + "n" * 5000: {"S": "v" * 30_000} for n in range(12)}
    assert (
        len(repr(example_of(difference(DifferenceKind.EXTRA, key={"k": {"S": "k" * 2048}}, item=long))))
        < 10_000
    )


def test_an_unreadable_item_is_still_an_example() -> None:
    broken = msgspec.structs.replace(difference(DifferenceKind.MISSING), source=msgspec.Raw(b"[1]"))
    assert example_of(broken).rows[0].name == "(unreadable item)"
