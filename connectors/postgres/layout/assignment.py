"""Which DynamoDB table each relation feeds, and whether the filter includes it; nothing else decides. Pure.

1. A name that is configured in reverse.relations comes first, then the equal name. PostgreSQL truncates long
   names, so a name of 63 bytes also equals the only longer name that begins with it.
2. PostgreSQL folds unquoted names to lower case. So a name without upper-case letters may belong to a table
   whose name differs only in case, if it is the only such table and no other relation has it by rule 1.
3. The filter and reverse.relations name DynamoDB tables, not relations.
4. A relation without a table in DynamoDB may belong to a table that the filter names and DynamoDB lacks.
5. Two relations never feed the same table: a delete in one of them would delete the item of the other.
"""

from __future__ import annotations

from collections import defaultdict
from typing import (
    Callable,
    Collection,
    DefaultDict,
    Dict,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
)

from connectors.model.origin import TABLE as ORIGIN
from connectors.postgres.layout.names import folded_as, stored_as
from connectors.postgres.layout.overrides import DOCUMENT, Override, Overrides
from connectors.postgres.layout.relations import RelationFacts, document_of

_NO_OVERRIDE = Override()


class AssignmentRules(NamedTuple):
    """The settings that decide."""

    overrides: Overrides
    allows: Callable[[str], bool]
    """Whether the filter includes the DynamoDB table of this name."""
    expected: Sequence[str] = ()
    """Names of tables that the filter includes, whether DynamoDB has them or not."""
    skips_missing: bool = False
    """reverse.missingTable is skip."""

    def override(self, relation: RelationFacts) -> Override:
        return self.overrides.get(relation.qualified) or _NO_OVERRIDE


class Assigned(NamedTuple):
    """A relation that is a DynamoDB table."""

    relation: RelationFacts
    document: str
    """The column with the item."""
    table: str
    exists: bool
    """DynamoDB has the table."""
    included: bool
    """The filter includes it. Otherwise the relation's rows are skipped."""
    wanted: bool
    """It is to be replicated: included, and not missing in DynamoDB with reverse.missingTable: skip."""


class TableAssignment(NamedTuple):
    tables: Tuple[Assigned, ...]
    problems: Tuple[str, ...]
    """They forbid any write: it is not certain where the rows belong."""
    unknown: Tuple[str, ...]
    """Names in reverse.relations that no relation has."""
    marks: Tuple[RelationFacts, ...]
    """The forward job's own table."""

    @property
    def included(self) -> List[Assigned]:
        return [each for each in self.tables if each.included]

    @property
    def wanted(self) -> List[Assigned]:
        return [each for each in self.tables if each.wanted]

    def of(self, oid: int) -> Optional[Assigned]:
        return next((each for each in self.tables if each.relation.oid == oid), None)


def assign(
    relations: Sequence[RelationFacts], names: Collection[str], rules: AssignmentRules
) -> TableAssignment:
    """`names`: the tables in DynamoDB, also those that the filter excludes."""
    problems = list(_lost_documents(relations, rules))
    marks = tuple(relation for relation in relations if relation.name == ORIGIN)
    documents = {
        relation: document
        for relation in relations
        for document in [document_of(relation, rules.override(relation))]
        if document and relation.name != ORIGIN
    }
    existing, ambiguous = _matched(list(documents), names, rules)
    wished, _ = _matched([r for r in documents if r not in existing], rules.expected, rules)
    tables = []
    for relation, document in documents.items():
        table = existing.get(relation) or wished.get(relation) or relation.name
        exists, included = table in names, rules.allows(table)
        wanted = included and (exists or not rules.skips_missing)
        tables.append(Assigned(relation, document, table, exists, included, wanted))
    problems += _several_tables(ambiguous, rules)
    problems += _several_relations(tables, marks)
    present = {relation.qualified for relation in relations}
    # An entry for a partition has an effect on rows that are sent under its own name.
    present |= {partition.qualified for relation in relations for partition in relation.partitions}
    unknown = tuple(sorted(set(rules.overrides) - present))
    return TableAssignment(tuple(tables), tuple(problems), unknown, marks)


def _matched(
    relations: Sequence[RelationFacts], names: Collection[str], rules: AssignmentRules
) -> Tuple[Dict[RelationFacts, str], Dict[RelationFacts, List[str]]]:
    """relation -> table for rules 1 and 2, and the relations to which several tables may belong."""
    tables: Dict[RelationFacts, str] = {}
    ambiguous: Dict[RelationFacts, List[str]] = {}
    stored, folded = _by(stored_as, names), _by(folded_as, names)
    for relation in relations:
        configured = rules.override(relation).table
        exact = [configured] if configured else _exact(relation.name, names, stored)
        if len(exact) == 1:
            tables[relation] = exact[0]
        elif exact:
            ambiguous[relation] = exact
    taken: Set[str] = set(tables.values())
    for relation in relations:
        if relation in tables or relation in ambiguous or relation.name != folded_as(relation.name):
            continue
        alike = [name for name in folded.get(relation.name, ()) if name not in taken]
        if len(alike) == 1:
            tables[relation] = alike[0]
        elif alike:
            ambiguous[relation] = alike
    return tables, ambiguous


def _exact(name: str, names: Collection[str], stored: Dict[str, List[str]]) -> List[str]:
    return [name] if name in names else stored.get(name, [])


def _by(spelling: Callable[[str], str], names: Collection[str]) -> Dict[str, List[str]]:
    spelled: DefaultDict[str, List[str]] = defaultdict(list)
    for name in sorted(names):
        spelled[spelling(name)].append(name)
    return spelled


def _lost_documents(relations: Sequence[RelationFacts], rules: AssignmentRules) -> Iterator[str]:
    for relation in relations:
        wanted = rules.override(relation).document
        if wanted and not relation.column(wanted) and not rules.override(relation).skip:
            yield (
                f"relation {relation.qualified} has no column {wanted}, which reverse.relations names as its "
                f"document"
            )
        document = relation.column(document_of(relation, rules.override(relation)) or "")
        if document is not None and document.generated:
            yield (
                f"relation {relation.qualified} has the generated column {document.name}, which PostgreSQL "
                f"does not send. Make it an ordinary column, or leave the relation out with "
                f"reverse.relations: {{{relation.qualified}: {{skip: true}}}}"
            )


def _several_tables(ambiguous: Dict[RelationFacts, List[str]], rules: AssignmentRules) -> Iterator[str]:
    for relation, tables in ambiguous.items():
        if any(rules.allows(table) for table in tables):
            yield (
                f"relation {relation.qualified} may belong to each of the DynamoDB tables "
                f"{', '.join(tables)}: PostgreSQL does not keep the difference between their names. Set "
                f"reverse.relations: {{{relation.qualified}: {{table: NAME}}}}"
            )


def _several_relations(tables: Sequence[Assigned], marks: Sequence[RelationFacts]) -> Iterator[str]:
    feeding: DefaultDict[str, List[RelationFacts]] = defaultdict(list)
    for each in tables:
        if each.included:
            feeding[each.table].append(each.relation)
    if marks:
        feeding[ORIGIN] = list(marks)
    for table, relations in sorted(feeding.items()):
        if len(relations) > 1:
            listed = " and ".join(sorted(relation.qualified for relation in relations))
            yield (
                f"the relations {listed} all have the column {DOCUMENT} and belong to DynamoDB table "
                f"{table}: a delete in one would delete the item of another. Drop or rename the copies, or "
                f"leave them out with reverse.relations: {{SCHEMA.TABLE: {{skip: true}}}}"
            )
