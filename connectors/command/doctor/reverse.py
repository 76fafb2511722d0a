"""The lines about the two sides of the reverse job."""

from __future__ import annotations

from typing import Iterator, List, Optional, Sequence

from connectors.base.errors import PolarshakeError
from connectors.command.doctor.calls import Calls
from connectors.command.doctor.line import Line, green, red, yellow
from connectors.command.doctor.replication import Database, replicated, replication_lines
from connectors.command.doctor.rights import reverse_rights, right_lines
from connectors.command.doctor.tables import facts
from connectors.config import Settings
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.faults import SOURCE, TARGET
from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.compare import shown_key
from connectors.dynamodb.tables.description import TableDescription
from connectors.postgres.layout.names import same_name
from connectors.postgres.replication.facts import RelationFacts
from connectors.reverse.tables import absent_problem
from connectors.targets.preflight.problems import Problem, explain, lines_of
from connectors.targets.preflight.sides import Breaker


def reverse_lines(
    database: Database, dynamodb: Caller, polardb: Optional[Caller], settings: Settings
) -> List[Line]:
    """`polardb`: its DynamoDB endpoint, if it is set. It has the key schemas of PolarDB's tables."""
    caller, allows = Calls(dynamodb), settings.filter.allows
    relations: Sequence[RelationFacts] = ()
    lines: List[Line] = []
    try:
        replication = database.look()
        lines += replication_lines(replication, settings.feeds, allows, settings.reverse.wal_warning_bytes)
        relations = replicated(replication, allows)
    except PolarshakeError as error:
        lines.append(red("polardb", str(error)))
    lines += _Tables(caller, polardb, settings).lines(relations)
    return [*lines, *right_lines(reverse_rights(settings), caller.allowed, caller.denied)]


class _Tables:
    """The DynamoDB tables to which the changes will be written."""

    def __init__(self, dynamodb: Caller, polardb: Optional[Caller], settings: Settings) -> None:
        self._dynamodb, self._settings = dynamodb, settings
        self._polardb = Breaker(polardb) if polardb else None
        self._problems: List[Problem] = []

    def lines(self, relations: Sequence[RelationFacts]) -> Iterator[Line]:
        try:
            names = api.list_tables(self._dynamodb)
        except PolarshakeError as error:
            yield from (red("dynamodb", line) for line in lines_of([explain(error, SOURCE)]))
            return
        yield green("dynamodb", f"{self._settings.dynamodb.endpoint or 'AWS'} answers to these credentials")
        for relation in relations:
            override = self._settings.reverse.relations.get(f"{relation.namespace}.{relation.name}") or {}
            table = override.get("table") or same_name(relation.name, names) or relation.name
            yield from self._table(table)
        yield from (red("table", line) for line in lines_of(self._problems))

    def _table(self, name: str) -> Iterator[Line]:
        try:
            table = api.describe_table(self._dynamodb, name)
            if table and self._settings.reverse.truncate == "delete":
                api.has_items(self._dynamodb, name)
        except PolarshakeError as error:
            self._problems.append(explain(error, SOURCE, name))
            return
        if table is None:
            yield from self._absent(name)
        elif self._fits(table):
            yield green("table", facts(table))

    def _absent(self, name: str) -> Iterator[Line]:
        missing = self._settings.reverse.missing_table
        if missing == "fail":
            self._problems.append(Problem(absent_problem(), name))
        else:
            does = "created" if missing == "create" else "skipped"
            yield yellow(
                "table", f"{name}: does not exist in DynamoDB and will be {does} (reverse.missingTable)"
            )

    def _fits(self, table: TableDescription) -> bool:
        try:
            origin = api.describe_table(self._polardb, table.TableName) if self._polardb else None
        except PolarshakeError as error:
            self._problems.append(explain(error, TARGET, table.TableName))
            return False
        if origin is None or origin.key_schema == table.key_schema:
            return True
        keys = f"{shown_key(origin.key_schema)} in PolarDB and {shown_key(table.key_schema)} in DynamoDB"
        self._problems.append(
            Problem(
                f"its key is {keys}; they must be equal. Recreate the DynamoDB table, name another one in "
                f"reverse.relations, or exclude it with filter.blackTableSet",
                table.TableName,
            )
        )
        return False
