from __future__ import annotations

import json
from typing import Any, List, Tuple

from hypothesis import given
from hypothesis import strategies as st

from connectors.model import nesting
from connectors.model.keys import KeyAttribute, KeyReader, KeySchema

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.text(max_size=5) | st.sampled_from(['"]', "\\", "folded0", '"folded0-0."', "[{"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def deep(levels: int, heart: bytes = b"1") -> bytes:
    return b'{"L":[' * levels + heart + b"]}" * levels


@given(st.lists(st.tuples(VALUES, st.integers(0, 200)), max_size=4))
def test_unfolding_restores_the_received_bytes(drawn: List[Tuple[Any, int]]) -> None:
    body = b"[%b]" % b",".join(deep(levels, json.dumps(value).encode()) for value, levels in drawn)
    folded = nesting.fold(body)
    assert folded.unfold(folded.body) == body


def test_a_folded_item_can_be_read() -> None:
    assert len(json.loads(nesting.fold(deep(100_000)).body)) == 1


def test_an_item_within_dynamodbs_nesting_limit_is_not_folded() -> None:
    body = b'{"Items":[{"a":%b}]}' % deep(32)
    assert nesting.fold(body).body == body


def test_the_key_of_an_item_nested_six_hundred_levels_deep_is_read() -> None:
    keys = KeyReader("orders", KeySchema(KeyAttribute("pk", "S")))
    item = b'{"before":%b,"pk":{"S":"k"},"behind":%b}' % (deep(600), deep(600))
    assert keys.values(item) == ("k",)
    assert keys.key_json(item) == b'{"pk":{"S":"k"}}'
    assert keys.digest(item) == keys.digest(b'{"pk":{"S":"k"}}')
