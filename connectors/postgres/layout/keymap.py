"""Maps the DynamoDB table's key attributes to columns of a relation's replica identity."""

from __future__ import annotations

from itertools import permutations
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from connectors.model.keys import KeyAttribute, KeySchema
from connectors.postgres.layout.names import quoted, same_name
from connectors.postgres.layout.values import NATURAL, possible
from connectors.postgres.pgoutput.messages import Column, Relation


class KeyColumn(NamedTuple):
    """`place`: the column's index within a row."""

    attribute: KeyAttribute
    place: int
    column: Column


def key_columns(
    relation: Relation, document: int, schema: KeySchema, given: Mapping[str, str]
) -> Tuple[KeyColumn, ...]:
    """The key columns, in the order of the schema's attributes. `document`: place of the document column.

    Attributes missing in `given` (attribute -> column) are matched by name, then by position among the
    remaining columns, in an order that suits their types. Raises ValueError that says what to configure.
    """
    left = {
        column.name: place
        for place, column in enumerate(relation.columns)
        if column.key and place != document
    }
    places: Dict[str, int] = {}
    for attribute, name in given.items():
        places[attribute] = _given(attribute, name, schema, left)
    for attribute in (a.name for a in schema.attributes if a.name not in places):
        match = _column_of(attribute, left)
        if match is not None:
            places[attribute] = left.pop(match)
    _by_position(relation, [a for a in schema.attributes if a.name not in places], left, places)
    return tuple(_checked(relation, attribute, places[attribute.name]) for attribute in schema.attributes)


def _given(attribute: str, name: str, schema: KeySchema, left: Dict[str, int]) -> int:
    names = [a.name for a in schema.attributes]
    if attribute not in names:
        raise ValueError(f"the configuration names key attribute {attribute}, but the table's are {names}")
    if name not in left:
        raise ValueError(
            f"the configuration maps key attribute {attribute} to column {name}, but the replica identity "
            f"has {sorted(left)}"
        )
    return left.pop(name)


def _column_of(attribute: str, left: Mapping[str, int]) -> Optional[str]:
    alike = [name for name in left if same_name(name, [attribute])]
    return attribute if attribute in alike else alike[0] if len(alike) == 1 else None


def _by_position(
    relation: Relation, attributes: List[KeyAttribute], left: Dict[str, int], places: Dict[str, int]
) -> None:
    if not attributes:
        return
    if len(left) != len(attributes):
        raise ValueError(
            f"no column of the replica identity has the name of key attribute {attributes[0].name}, and "
            f"{len(attributes)} attributes cannot be mapped by position to the columns {sorted(left)}. Set "
            f"keys: {{{attributes[0].name}: COLUMN}} for this relation, or run ALTER TABLE "
            f"{quoted(relation)} REPLICA IDENTITY FULL"
        )
    orders: List[Sequence[int]] = list(permutations(left.values()))
    natural = [order for order in orders if _natural(relation, attributes, order)]
    for attribute, place in zip(attributes, (natural or orders)[0]):
        places[attribute.name] = place


def _natural(relation: Relation, attributes: Sequence[KeyAttribute], order: Sequence[int]) -> bool:
    return all(relation.columns[place].type in NATURAL[a.type] for a, place in zip(attributes, order))


def _checked(relation: Relation, attribute: KeyAttribute, place: int) -> KeyColumn:
    column = relation.columns[place]
    if not possible(attribute.type, column.type):
        raise ValueError(
            f"key attribute {attribute.name} has the type {attribute.type}, which column {column.name} (type "
            f"oid {column.type}) cannot hold. Map another column with keys: {{{attribute.name}: COLUMN}}"
        )
    return KeyColumn(attribute, place, column)
