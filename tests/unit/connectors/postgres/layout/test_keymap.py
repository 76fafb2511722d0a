from __future__ import annotations

from typing import Dict, List, Tuple

import pytest

from connectors.model.keys import KeySchema
from connectors.postgres.layout.keymap import FROM_DOCUMENT, key_choices
from connectors.postgres.layout.relations import ColumnFacts, RelationFacts
from tests.fakes.layout import DOCUMENT, facts, schema

TWO = schema(("UserId", "S"), ("at", "N"))
TEXT, INTEGER, CHAR, NUMERIC, BYTEA, UUID, REAL = 25, 23, 1042, 1700, 17, 2950, 700


def mapped(relation: RelationFacts, schema_: KeySchema, **given: str) -> Tuple[List[Tuple[str, ...]], bool]:
    choices = key_choices(relation, DOCUMENT, schema_, given)
    return list(choices.columns), choices.certain


def test_columns_are_found_by_name_at_any_position() -> None:
    assert mapped(facts("t", "at", "UserId", types=[NUMERIC]), TWO) == ([("UserId", "at")], True)


def test_names_folded_to_lower_case_are_found() -> None:
    assert mapped(facts("t", "userid", "at"), TWO) == ([("userid", "at")], True)


def test_the_exact_name_wins_over_the_folded_one() -> None:
    assert mapped(facts("t", "userid", "UserId", "at"), TWO) == ([("UserId", "at")], True)


def test_two_attributes_that_differ_in_case_only_take_their_own_columns() -> None:
    both = schema(("id", "S"), ("ID", "S"))
    assert mapped(facts("t", "ID", "id"), both) == ([("id", "ID")], True)


def test_columns_with_other_names_are_never_mapped_by_position_alone() -> None:
    same_type = schema(("a", "S"), ("b", "S"))
    columns, certain = mapped(facts("t", "hash_key", "range_key"), same_type)
    assert sorted(columns) == [("hash_key", "range_key"), ("range_key", "hash_key")]
    assert not certain
    assert mapped(facts("t", "only"), schema(("a", "S"))) == ([("only",)], False)


def test_types_that_fit_in_one_order_leave_one_choice_which_needs_a_proof() -> None:
    assert mapped(facts("t", "k2", "k1", types=[NUMERIC]), TWO) == ([("k1", "k2")], False)


def test_a_wider_identity_gives_every_choice() -> None:
    columns, certain = mapped(facts("t", "k1", "k2", "k3", types=[TEXT, NUMERIC, NUMERIC]), TWO)
    assert (sorted(columns), certain) == ([("k1", "k2"), ("k1", "k3")], False)
    assert mapped(facts("t", "tenant", "UserId", "at"), TWO) == ([("UserId", "at")], True)


def test_the_configuration_comes_first() -> None:
    same_type = schema(("a", "S"), ("b", "S"))
    assert mapped(facts("t", "a", "b"), same_type, a="b", b="a") == ([("b", "a")], True)
    assert mapped(facts("t", "a", "b"), same_type, a="b") == ([("b", "a")], False)


def test_an_identity_that_leaves_out_the_key_is_refused() -> None:
    columns = (ColumnFacts("id", TEXT, TEXT), ColumnFacts("email", TEXT, TEXT))
    by_email = RelationFacts(1, "public", "t", "i", ("email",), columns)
    with pytest.raises(ValueError, match=r"\['email'\] leaves out column id, .*REPLICA IDENTITY FULL"):
        mapped(by_email, schema(("id", "S")))


def test_an_identity_without_enough_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="no columns that can hold the key attributes at"):
        mapped(facts("t", "UserId"), TWO)


def test_a_generated_column_is_refused_because_it_is_not_sent() -> None:
    columns = (ColumnFacts("id", TEXT, TEXT, generated=True), ColumnFacts("k", TEXT, TEXT, generated=True))
    with pytest.raises(ValueError, match=r"generated column id.*REPLICA IDENTITY FULL"):
        mapped(RelationFacts(1, "public", "t", "d", ("id",), columns), schema(("id", "S")))
    with pytest.raises(ValueError, match="no columns that can hold"):
        mapped(RelationFacts(1, "public", "t", "d", ("k",), columns[1:]), schema(("id", "S")))


@pytest.mark.parametrize(
    ("attribute", "column", "label"),
    [
        ("S", CHAR, r"char\(n\)"),
        ("S", INTEGER, "integer"),
        ("S", UUID, "uuid"),
        ("N", REAL, "real"),
        ("N", BYTEA, "bytea"),
        ("B", NUMERIC, "numeric"),
        ("S", 99999, "with oid 99999"),
    ],
)
def test_a_type_that_may_change_a_value_is_refused(attribute: str, column: int, label: str) -> None:
    with pytest.raises(ValueError, match=f"type {label}, which may change a value"):
        mapped(facts("t", "id", types=[column]), schema(("id", attribute)))


@pytest.mark.parametrize(
    ("attribute", "column"),
    [("S", TEXT), ("S", 1043), ("S", BYTEA), ("N", INTEGER), ("N", NUMERIC), ("N", TEXT), ("B", BYTEA)],
)
def test_a_type_that_keeps_every_value_is_accepted(attribute: str, column: int) -> None:
    assert mapped(facts("t", "id", types=[column]), schema(("id", attribute))) == ([("id",)], True)


def test_a_domain_counts_as_the_type_below_it() -> None:
    def over(base: int) -> RelationFacts:
        return RelationFacts(1, "public", "t", "d", ("id",), (ColumnFacts("id", 16400, base),))

    assert mapped(over(TEXT), schema(("id", "S"))) == ([("id",)], True)
    with pytest.raises(ValueError, match="may change a value"):
        mapped(over(CHAR), schema(("id", "S")))


def test_with_full_identity_no_column_is_needed() -> None:
    assert key_choices(facts("t", "x", identity="f"), DOCUMENT, TWO, {}) == FROM_DOCUMENT


def test_a_relation_without_identity_is_refused() -> None:
    with pytest.raises(ValueError, match="no replica identity"):
        mapped(facts("t", identity="d"), TWO)


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
        mapped(facts("t", "UserId", "at", types=[TEXT, NUMERIC]), TWO, **given)
