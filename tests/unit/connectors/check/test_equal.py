from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base.errors import TerminalError
from connectors.check.equal import Pair, differing, equal
from tests.unit.connectors.model.strategies import Item, damaged_value, items, plain, respelled

RANDOM = st.randoms(use_true_random=False)


@settings(deadline=None)
@given(items, RANDOM)
def test_an_item_equals_its_other_spellings_and_differs_nowhere(item: Item, rng: random.Random) -> None:
    other = respelled(item, rng)
    assert equal(plain(item), other)
    assert differing(plain(item), other) == {}


@settings(deadline=None)
@given(items, RANDOM)
def test_only_the_attribute_that_was_changed_is_named(item: Item, rng: random.Random) -> None:
    name = rng.choice(sorted(item))
    target = plain({**item, name: damaged_value(item[name], rng)})
    source = respelled(item, rng)
    assert not equal(source, target)
    assert list(differing(source, target)) == [name]


@settings(deadline=None)
@given(items, items)
def test_an_attribute_of_one_side_alone_is_missing_at_the_other(one: Item, other: Item) -> None:
    found = differing(plain(one), plain(other))
    assert {name for name, pair in found.items() if pair.target is None} == {*one} - {*other}
    assert {name for name, pair in found.items() if pair.source is None} == {*other} - {*one}


def test_both_values_are_shown_as_received() -> None:
    source = b'{"pk":{"S":"a"},"n":{"N":"1.50"},"gone":{"SS":["b","a"]}}'
    target = '{"n": {"N": "1.51"}, "pk": {"S": "a"}, "neu": {"S": "\u00e9"}}'.encode()
    assert differing(source, target) == {
        "gone": Pair('{"SS":["b","a"]}', None),
        "n": Pair('{"N":"1.50"}', '{"N": "1.51"}'),
        "neu": Pair(None, '{"S": "\u00e9"}'),
    }


@pytest.mark.parametrize(("source", "target"), [(b"{}", b"[]"), (b'{"a":', b"{}")])
def test_an_invalid_item_cannot_be_compared(source: bytes, target: bytes) -> None:
    with pytest.raises(TerminalError):
        equal(source, target)
    with pytest.raises(TerminalError):
        differing(target, source)


def deep(heart: str) -> bytes:
    return b'{"pk":{"S":"k"},"same":{"N":"1.0"},"a":%b}' % (b'{"L":[' * 600 + heart.encode() + b"]}" * 600)


def test_items_nested_too_deeply_to_be_read_are_equal_when_they_are_spelled_alike() -> None:
    one, same, other = deep('{"S":"x"}'), deep('{"S":"x"}'), deep('{"S":"y"}')
    assert differing(one, same.replace(b"1.0", b"1")) == {}
    assert list(differing(one, other)) == ["a"]
    assert list(differing(one, b'{"pk":{"S":"k"},"same":{"N":"1"}}')) == ["a"]
