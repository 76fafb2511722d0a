"""Finds the key columns of a relation by names, the configuration, earlier proofs and rows. Pure."""

from __future__ import annotations

from typing import Callable, List, Mapping, Sequence

from connectors.model.keys import KeyAttribute, KeyReader, KeySchema
from connectors.postgres.layout.assignment import Assigned
from connectors.postgres.layout.keymap import FROM_DOCUMENT, KeyChoices, key_choices
from connectors.postgres.layout.proof import KeyColumn, Keys, Sample
from connectors.postgres.layout.relations import RelationFacts

Sampler = Callable[[Sequence[str]], List[Sample]]
"""Columns -> some rows of the table with these columns."""


def find_keys(
    assigned: Assigned,
    schema: KeySchema,
    given: Mapping[str, str],
    proven: Mapping[str, str],
    sampler: Sampler,
) -> Keys:
    """`given`: key attribute -> column, from the configuration; `proven`: the same from an earlier session.
    Raises ValueError that says what to do."""
    relation = assigned.relation
    choices = FROM_DOCUMENT
    if relation.identity != "n":  # without an identity, PostgreSQL sends no old rows
        choices = _with_proof(key_choices(relation, assigned.document, schema, given), schema, proven)
    keys = _keys_of(relation, choices, assigned.table, schema)
    columns = sorted({name for choice in choices.columns for name in choice})
    if columns and not keys.agree_all(sampler(columns), len(relation.columns)):
        raise ValueError(
            f"a row's document has another key than the key columns, read as {keys.read_as()}. Set keys in "
            f"reverse.relations to specify which column holds which key attribute, or run ALTER TABLE "
            f"{relation.quoted} REPLICA IDENTITY FULL"
        )
    return keys


def _with_proof(choices: KeyChoices, schema: KeySchema, proven: Mapping[str, str]) -> KeyChoices:
    columns = tuple(proven.get(attribute.name, "") for attribute in schema.attributes)
    return KeyChoices((columns,), True) if columns in choices.columns else choices


def _keys_of(relation: RelationFacts, choices: KeyChoices, table: str, schema: KeySchema) -> Keys:
    places = {column.name: place for place, column in enumerate(relation.columns)}
    known = {column.name: column for column in relation.columns}

    def key_column(attribute: KeyAttribute, name: str) -> KeyColumn:
        return KeyColumn(attribute, places[name], name, known[name].base, known[name].narrows)

    columns = [tuple(map(key_column, schema.attributes, choice)) for choice in choices.columns]
    return Keys(KeyReader(table, schema), columns, choices.certain)
