"""The check of one table, on both sides."""

from __future__ import annotations

from typing import List, NamedTuple, Optional

from connectors.dynamodb.faults import SOURCE, STREAMS
from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.description import TableDescription
from connectors.dynamodb.tables.stream import is_enabled, stream_problem
from connectors.targets.preflight.access import try_stream
from connectors.targets.preflight.problems import Problem
from connectors.targets.preflight.sides import Findings, PreflightOptions, PreflightSides, SourceTable


class TableFinding(NamedTuple):
    table: Optional[SourceTable]
    """None if the source did not describe the table."""
    problems: List[Problem]


class TableCheck:
    """Every step runs, even if an earlier one has found a problem."""

    def __init__(self, name: str, sides: PreflightSides, wanted: PreflightOptions) -> None:
        self._name, self._sides, self._wanted = name, sides, wanted
        self._found = Findings(name)

    def run(self) -> TableFinding:
        findings = self._found
        source = findings.ask(SOURCE, lambda: api.describe_table(self._sides.source, self._name))
        if source is None:
            if not findings.problems:
                findings.add("vanished from the source during the check. Start again")
            return TableFinding(None, findings.problems)
        ttl = self._source(source)
        target = self._sides.target.look(source, ttl, self._wanted)
        return TableFinding(
            SourceTable(source, ttl, target.warnings, target.there), findings.problems + target.problems
        )

    def _source(self, table: TableDescription) -> Optional[str]:
        caller, wanted, findings = self._sides.source, self._wanted, self._found
        if not table.writable:
            findings.add(f"its status at the source is {table.TableStatus}. Wait until it is ACTIVE")
        if wanted.mode.scans:
            findings.ask(SOURCE, lambda: api.has_items(caller, self._name))
        if wanted.mode.follows:
            self._stream(table)
        if not wanted.tables.ttl:
            return None
        return findings.ask(SOURCE, lambda: api.describe_ttl(caller, self._name))

    def _stream(self, table: TableDescription) -> None:
        problem = stream_problem(table, self._wanted.enable_streams)
        if problem:
            self._found.add(problem)
        if is_enabled(table) and table.LatestStreamArn:
            self._found.ask(
                STREAMS, lambda: try_stream(self._sides.streams, table.LatestStreamArn, self._name)
            )
