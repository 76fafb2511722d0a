"""A relation as a message announces it and as the catalog has it now, which may be later."""

from __future__ import annotations

import pytest

from connectors.postgres.layout.relations import ColumnFacts, RelationFacts, announced
from connectors.postgres.pgoutput.messages import Column, Relation

MESSAGE = Relation(
    7,
    "public",
    "t",
    "d",
    (Column("range_key", 16400, -1, True), Column("hash_key", 25, -1, True), Column("d", 3802, -1, False)),
)
CATALOG = RelationFacts(
    7,
    "public",
    "renamed",
    "f",
    ("hash_key", "range_key"),
    (ColumnFacts("range_key", 16400, 25), ColumnFacts("hash_key", 25, 25)),
    created="5",
)


def test_the_message_decides_and_the_catalog_gives_the_order_of_the_key_and_the_types_of_domains() -> None:
    relation = announced(MESSAGE, CATALOG)
    assert (relation.name, relation.identity, relation.key) == ("t", "d", ("hash_key", "range_key"))
    assert relation.columns[0] == ColumnFacts("range_key", 16400, 25)


def test_a_relation_that_was_dropped_since_is_what_its_message_says() -> None:
    relation = announced(MESSAGE, None)
    assert relation.key == ("range_key", "hash_key")
    assert relation.columns[0] == ColumnFacts("range_key", 16400, 16400)


def test_a_column_with_another_type_by_now_is_not_taken_from_the_catalog() -> None:
    changed = CATALOG._replace(columns=(ColumnFacts("range_key", 1042, 1042),))
    assert announced(MESSAGE, changed).columns[0].base == 16400


def test_with_full_identity_no_column_is_a_key() -> None:
    columns = tuple(Column(c.name, c.type, -1, True) for c in MESSAGE.columns)
    assert announced(Relation(7, "public", "t", "f", columns), CATALOG).key == ()


@pytest.mark.parametrize(
    ("column", "narrows"),
    [
        (ColumnFacts("k", 25, 25), False),
        (ColumnFacts("k", 16400, 25), False),
        (ColumnFacts("k", 17, 17), False),
        (ColumnFacts("k", 1700, 1700), False),
        (ColumnFacts("k", 1700, 1700, modifier=655366), True),
        (ColumnFacts("k", 1043, 1043), False),
        (ColumnFacts("k", 1043, 1043, modifier=44), True),
        (ColumnFacts("k", 16400, 1043), True),
        (ColumnFacts("k", 23, 23), True),
    ],
)
def test_a_column_that_may_round_or_cut_a_value_is_known(column: ColumnFacts, narrows: bool) -> None:
    assert column.narrows == narrows
