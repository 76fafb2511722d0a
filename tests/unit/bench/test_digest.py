from __future__ import annotations

from hypothesis import given, settings

from bench.digest import obvious
from connectors.model.canonical import value_digest
from tests.unit.connectors.model.strategies import Item, items, plain


@settings(deadline=None)
@given(items)
def test_the_obvious_way_compares_the_same(item: Item) -> None:
    """Or the benchmark would race against something that does less."""
    turned = {name: item[name] for name in sorted(item, reverse=True)}
    assert obvious(plain(turned)) == obvious(plain(item))
    assert value_digest(plain(turned)) == value_digest(plain(item))


def test_the_obvious_way_takes_numbers_for_equal_by_value_and_to_the_last_digit() -> None:
    def one(number: str) -> bytes:
        return obvious(plain({"n": {"N": number}, "s": {"NS": ["3", number]}}))

    assert one("1") == one("1.0") == one("10E-1")
    assert one("0") == one("-0.00")
    assert one("1" * 38) != one("1" * 37 + "2")
