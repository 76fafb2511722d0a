"""The lines about the two sides of the reverse job."""

from __future__ import annotations

from typing import Iterator, List, Optional, Sequence, Tuple

from connectors.base.errors import PolarshakeError
from connectors.command.doctor.calls import Calls
from connectors.command.doctor.line import Line, green, red, yellow
from connectors.command.doctor.replication import Database, encryption_line, replication_lines
from connectors.command.doctor.rights import reverse_rights, right_lines
from connectors.command.doctor.tables import facts
from connectors.config import Settings
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.faults import SOURCE, TARGET
from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.compare import shown_key
from connectors.dynamodb.tables.description import TableDescription
from connectors.postgres.layout.assignment import Assigned, AssignmentRules, assign
from connectors.postgres.layout.from_settings import assignment_rules
from connectors.reverse.inspection import key_problem
from connectors.reverse.tables import absent_problem
from connectors.targets.preflight.problems import Problem, explain, lines_of
from connectors.targets.preflight.sides import Breaker


def reverse_lines(
    database: Database,
    dynamodb: Caller,
    polardb: Optional[Caller],
    settings: Settings,
    after_cutover: bool = True,
) -> List[Line]:
    """`polardb`: its DynamoDB endpoint, if it is set. It has the key schemas of PolarDB's tables."""
    caller, rules = Calls(dynamodb), assignment_rules(settings)
    names, lines = _names(caller, settings)
    included: List[Assigned] = []
    try:
        looked = database.look()
        assignment = assign(looked.facts.relations, names, rules)
        included = assignment.included
        warning = settings.reverse.wal_warning_bytes
        lines = [
            *replication_lines(looked.facts, settings.feeds, assignment, warning, after_cutover),
            encryption_line(looked.encryption, settings.polardb.ssl_mode),
            *lines,
        ]
    except PolarshakeError as error:
        lines = [red("polardb", str(error)), *lines]
    if caller.allowed:
        lines += _Tables(caller, polardb, settings, database, rules).lines(included)
    return [*lines, *right_lines(reverse_rights(settings), caller.allowed, caller.denied)]


def _names(dynamodb: Caller, settings: Settings) -> Tuple[List[str], List[Line]]:
    try:
        names = api.list_tables(dynamodb)
    except PolarshakeError as error:
        return [], [red("dynamodb", line) for line in lines_of([explain(error, SOURCE)])]
    return names, [green("dynamodb", f"{settings.dynamodb.endpoint or 'AWS'} answers to these credentials")]


class _Tables:
    """The DynamoDB tables to which the changes will be written."""

    def __init__(
        self,
        dynamodb: Caller,
        polardb: Optional[Caller],
        settings: Settings,
        database: Database,
        rules: AssignmentRules,
    ) -> None:
        self._dynamodb, self._settings = dynamodb, settings
        self._polardb = Breaker(polardb) if polardb else None
        self._database, self._rules = database, rules
        self._problems: List[Problem] = []

    def lines(self, included: Sequence[Assigned]) -> Iterator[Line]:
        for each in included:
            yield from self._table(each)
        yield from (red("table", line) for line in lines_of(self._problems))

    def _table(self, each: Assigned) -> Iterator[Line]:
        name = each.table
        try:
            table = api.describe_table(self._dynamodb, name)
            if table and self._settings.reverse.truncate == "delete":
                api.has_items(self._dynamodb, name)
        except PolarshakeError as error:
            self._problems.append(explain(error, SOURCE, name))
            return
        if table is None:
            yield from self._absent(name)
        elif self._fits(table) and self._mapped(each, table):
            yield green("table", facts(table))

    def _mapped(self, each: Assigned, table: TableDescription) -> bool:
        problem = key_problem(
            each, table.key_schema, self._rules, lambda columns: self._database.sample(each, columns)
        )
        if problem:
            self._problems.append(Problem(problem.rstrip("."), table.TableName))
        return not problem

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
