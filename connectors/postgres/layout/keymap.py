"""Which column of a relation's replica identity holds which key attribute of the DynamoDB table. Pure.

1. A column that is configured comes first, then the column with the attribute's name.
2. The remaining attributes may be in any of the remaining columns whose types fit. The position in the key
   does not decide between them. Only rows do, whose document shows the key: see layout.proof.
3. A type that may change a value is refused, because a delete would then go to another key.
4. With REPLICA IDENTITY FULL every old row contains its document, so no column is needed.
"""

from __future__ import annotations

from itertools import permutations
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from connectors.model.keys import KeyAttribute, KeySchema
from connectors.postgres.layout.names import same_name
from connectors.postgres.layout.relations import ColumnFacts, RelationFacts
from connectors.postgres.layout.values import faithful, type_label


class KeyChoices(NamedTuple):
    columns: Tuple[Tuple[str, ...], ...]
    """The possible columns, each in the order of the schema's attributes. Empty: the document has the key."""
    certain: bool
    """Names or the configuration decide. Otherwise a row must prove it, even if there is only one choice."""


FROM_DOCUMENT = KeyChoices((), True)


def key_choices(
    relation: RelationFacts, document: str, schema: KeySchema, given: Mapping[str, str]
) -> KeyChoices:
    """`given`: key attribute -> column, from the configuration. Raises ValueError that says what to do."""
    if relation.identity == "f":
        return FROM_DOCUMENT
    if not relation.identified:
        raise ValueError(f"it has no replica identity. {_full(relation)}")
    left = [name for name in relation.key if name != document]
    fixed = _fixed(relation, schema, given, left)
    rest = [attribute for attribute in schema.attributes if attribute.name not in fixed]
    for attribute in schema.attributes:
        if attribute.name in fixed:
            _refuse_unfaithful(relation, attribute, fixed[attribute.name])
    orders = list(_orders(relation, rest, left))
    if not orders:
        raise ValueError(_left_out(relation, rest, left))
    columns = [{**fixed, **{a.name: name for a, name in zip(rest, order)}} for order in orders]
    return KeyChoices(tuple(tuple(each[a.name] for a in schema.attributes) for each in columns), not rest)


def _fixed(
    relation: RelationFacts, schema: KeySchema, given: Mapping[str, str], left: List[str]
) -> Dict[str, str]:
    """attribute -> column where rule 1 decides. Takes these columns out of `left`."""
    fixed: Dict[str, str] = {}
    for attribute, name in given.items():
        fixed[attribute] = _given(attribute, name, schema, left)
    for attribute in (a.name for a in schema.attributes if a.name not in fixed):
        match = _column_of(attribute, left)
        if match is not None:
            fixed[attribute] = match
            left.remove(match)
    for attribute in (a.name for a in schema.attributes if a.name not in fixed):
        outside = _column_of(attribute, [c.name for c in relation.columns if c.name not in relation.key])
        if outside is not None:
            raise ValueError(
                f"its replica identity {sorted(relation.key)} leaves out column {outside}, the key attribute "
                f"{attribute}: an old row would not identify its item. {_full(relation)}"
            )
    return fixed


def _given(attribute: str, name: str, schema: KeySchema, left: List[str]) -> str:
    names = [a.name for a in schema.attributes]
    if attribute not in names:
        raise ValueError(f"the configuration names key attribute {attribute}, but the table's are {names}")
    if name not in left:
        raise ValueError(
            f"the configuration maps key attribute {attribute} to column {name}, but the replica identity "
            f"has {sorted(left)}"
        )
    left.remove(name)
    return name


def _column_of(attribute: str, columns: Sequence[str]) -> Optional[str]:
    alike = [name for name in columns if same_name(name, [attribute])]
    return attribute if attribute in alike else alike[0] if len(alike) == 1 else None


def _orders(
    relation: RelationFacts, attributes: Sequence[KeyAttribute], left: Sequence[str]
) -> List[Tuple[str, ...]]:
    return [
        order
        for order in permutations(left, len(attributes))
        if all(_fits(relation.column(name), a) for a, name in zip(attributes, order))
    ]


def _fits(column: Optional[ColumnFacts], attribute: KeyAttribute) -> bool:
    return column is not None and not column.generated and faithful(attribute.type, column.base)


def _refuse_unfaithful(relation: RelationFacts, attribute: KeyAttribute, name: str) -> None:
    column = relation.column(name)
    if column is None or column.generated:
        raise ValueError(
            f"key attribute {attribute.name} is in the generated column {name}, which PostgreSQL does not "
            f"send. {_full(relation)}"
        )
    if not faithful(attribute.type, column.base):
        raise ValueError(
            f"key attribute {attribute.name} has the type {attribute.type}, and its column {name} the type "
            f"{type_label(column.base)}, which may change a value: a delete could go to another key. "
            f"{_full(relation)}; or map another column with keys: {{{attribute.name}: COLUMN}}"
        )


def _left_out(relation: RelationFacts, attributes: Sequence[KeyAttribute], left: Sequence[str]) -> str:
    names = ", ".join(attribute.name for attribute in attributes)
    return (
        f"its replica identity {sorted(relation.key)} has no columns that can hold the key attributes "
        f"{names}: neither by name nor by type, among {sorted(left)}. {_full(relation)}"
    )


def _full(relation: RelationFacts) -> str:
    return f"Run ALTER TABLE {relation.quoted} REPLICA IDENTITY FULL"
