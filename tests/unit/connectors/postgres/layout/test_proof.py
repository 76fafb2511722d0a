from __future__ import annotations

import pytest

from connectors.base.errors import TerminalError
from connectors.model.keys import KeyReader
from connectors.postgres.layout.proof import Choice, KeyColumn, Keys, Sample, key_json
from connectors.postgres.pgoutput.messages import UNCHANGED
from tests.fakes.layout import item, schema

SCHEMA = schema(("a", "S"), ("b", "S"))
READER = KeyReader("t", SCHEMA)


def choice(*places: int) -> Choice:
    return tuple(
        KeyColumn(attribute, place, f"k{place}", 25) for attribute, place in zip(SCHEMA.attributes, places)
    )


def both() -> Keys:
    return Keys(READER, [choice(0, 1), choice(1, 0)], False)


def document(a: str, b: str) -> bytes:
    return item({"a": {"S": a}, "b": {"S": b}})


def test_a_row_proves_the_choice_that_agrees_with_its_document() -> None:
    keys = both()
    assert keys.known is None
    assert keys.agree(document("x", "y"), [b"y", b"x"])
    assert keys.known == choice(1, 0)
    assert keys.mapping() == {"a": "k1", "b": "k0"}
    assert key_json(choice(1, 0), [b"y", b"x"]) == b'{"a":{"S":"x"},"b":{"S":"y"}}'


def test_a_row_with_two_equal_values_proves_nothing() -> None:
    keys = both()
    assert keys.agree(document("x", "x"), [b"x", b"x"])
    assert keys.known is None


def test_the_only_choice_needs_a_row_too() -> None:
    keys = Keys(READER, [choice(0, 1)], False)
    assert keys.known is None
    assert keys.agree(document("x", "y"), [b"x", b"y"])
    assert keys.known == choice(0, 1)


def test_a_choice_by_name_is_known_and_a_row_may_still_contradict_it() -> None:
    keys = Keys(READER, [choice(0, 1)], True)
    assert keys.known == choice(0, 1)
    assert not keys.agree(document("x", "y"), [b"x", b"z"])


def test_a_row_whose_key_was_not_sent_proves_nothing() -> None:
    keys = Keys(READER, [choice(0, 1)], False)
    assert keys.agree(document("x", "y"), [UNCHANGED, b"y"])
    assert keys.known is None


def test_rows_read_from_the_table_prove_as_well() -> None:
    keys = both()
    assert keys.agree_all([Sample(document("x", "y"), {"k0": b"y", "k1": b"x"})], 3)
    assert keys.known == choice(1, 0)
    assert not keys.agree_all([Sample(document("x", "y"), {"k0": b"q", "k1": b"r"})], 3)


def test_a_document_without_the_key_is_an_error() -> None:
    with pytest.raises(TerminalError, match="does not have the table's key attributes"):
        both().agree(b'{"a": {"S": "x"}}', [b"x", b"y"])
