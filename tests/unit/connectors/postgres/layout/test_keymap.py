from __future__ import annotations

from typing import Dict, List

import pytest

from connectors.model.keys import KeySchema
from connectors.postgres.layout.keymap import key_columns
from connectors.postgres.pgoutput.messages import Column, Relation
from tests.fakes.layout import relation, schema

TWO = schema(("UserId", "S"), ("at", "N"))


def mapped(relation_: Relation, schema_: KeySchema, given: Dict[str, str] = {}) -> List[str]:  # noqa: B006
    document = len(relation_.columns) - 1
    return [key.column.name for key in key_columns(relation_, document, schema_, given)]


def test_columns_are_found_by_name_at_any_position() -> None:
    assert mapped(relation(("at", "N"), ("UserId", "S")), TWO) == ["UserId", "at"]


def test_a_place_is_the_columns_index_within_the_row() -> None:
    found = key_columns(relation(("at", "N"), ("UserId", "S")), 2, TWO, {})
    assert [key.place for key in found] == [1, 0]


def test_names_folded_to_lower_case_are_found() -> None:
    assert mapped(relation(("at", "N"), ("userid", "S")), TWO) == ["userid", "at"]


def test_the_exact_name_wins_over_the_folded_one() -> None:
    assert mapped(relation(("userid", "S"), ("UserId", "S"), ("at", "N")), TWO) == ["UserId", "at"]


def test_two_attributes_that_differ_in_case_only_take_their_own_columns() -> None:
    both = schema(("id", "S"), ("ID", "S"))
    assert mapped(relation(("ID", "S"), ("id", "S")), both) == ["id", "ID"]


def test_columns_with_other_names_are_matched_by_position() -> None:
    same_type = schema(("a", "S"), ("b", "S"))
    assert mapped(relation(("hash_key", "S"), ("range_key", "S")), same_type) == ["hash_key", "range_key"]


def test_types_that_suit_in_only_one_order_override_the_position() -> None:
    assert mapped(relation(("k2", "N"), ("k1", "S")), TWO) == ["k1", "k2"]


def test_the_remaining_column_is_mapped_to_the_remaining_attribute() -> None:
    assert mapped(relation(("k2", "N"), ("UserId", "S")), TWO) == ["UserId", "k2"]


def test_the_configuration_comes_first() -> None:
    same_type = schema(("a", "S"), ("b", "S"))
    swapped = relation(("a", "S"), ("b", "S"))
    assert mapped(swapped, same_type, {"a": "b", "b": "a"}) == ["b", "a"]
    assert mapped(swapped, same_type, {"a": "b"}) == ["b", "a"]


def test_more_columns_than_attributes_are_refused_with_what_to_set() -> None:
    wide = relation(("k1", "S"), ("k2", "N"), ("k3", "N"))
    with pytest.raises(ValueError, match=r"\['k1', 'k2', 'k3'\].*keys: \{UserId: COLUMN\}"):
        mapped(wide, TWO)


def test_a_wider_identity_is_accepted_if_the_names_are_found() -> None:
    assert mapped(relation(("tenant", "S"), ("UserId", "S"), ("at", "N")), TWO) == ["UserId", "at"]


def test_columns_outside_the_replica_identity_are_not_keys() -> None:
    columns = (Column("UserId", 25, -1, False), Column("k", 25, -1, True), Column("d", 3802, -1, False))
    assert mapped(Relation(1, "public", "t", "d", columns), schema(("UserId", "S"))) == ["k"]


def test_a_column_that_cannot_hold_the_attribute_is_refused() -> None:
    with pytest.raises(ValueError, match=r"key attribute id has the type N, which column id .*cannot hold"):
        mapped(relation(("id", "B")), schema(("id", "N")))


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"userId": "at"}, r"names key attribute userId, but the table's are \['UserId', 'at'\]"),
        ({"UserId": "uid"}, r"to column uid, but the replica identity has \['UserId', 'at'\]"),
        ({"UserId": "at", "at": "at"}, "to column at"),
        ({"UserId": "polardb_document"}, "to column polardb_document"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(given: Dict[str, str], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        mapped(relation(("UserId", "S"), ("at", "N")), TWO, given)
