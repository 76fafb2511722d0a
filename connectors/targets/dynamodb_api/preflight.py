"""The checks of a target that speaks DynamoDB's protocol, before anything is written."""

from __future__ import annotations

from typing import List, Optional

from connectors.base.errors import PolarshakeError
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.faults import TARGET
from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.compare import index_warnings, key_difference, ttl_warning
from connectors.dynamodb.tables.description import TableDescription
from connectors.dynamodb.tables.ensure import Existing, filled_problem, own_source_problem
from connectors.targets.preflight.problems import Problem, explain
from connectors.targets.preflight.sides import Breaker, Findings, PreflightOptions, TargetSide


class EndpointPreflight(TargetSide):
    name = TARGET.endpoint

    def __init__(self, caller: Caller, endpoint: str = "") -> None:
        self._caller = Breaker(caller)
        self.reached = f"{endpoint} answers to these credentials"

    def reach(self) -> List[Problem]:
        try:
            api.list_tables(self._caller)
        except PolarshakeError as error:
            return [explain(error, TARGET)]
        return []

    def look(self, source: TableDescription, ttl: Optional[str], wanted: PreflightOptions) -> Findings:
        found = Findings(source.TableName)
        target = found.ask(TARGET, lambda: api.describe_table(self._caller, source.TableName))
        if target is None:
            found.there = None if found.problems else False
            return found
        found.there = True
        itself = own_source_problem(source, target)
        if itself:
            found.add(itself)
        elif wanted.tables.existing is not Existing.RECREATE:
            self._kept(source, target, ttl, wanted, found)
        return found

    def _kept(
        self,
        source: TableDescription,
        target: TableDescription,
        ttl: Optional[str],
        wanted: PreflightOptions,
        found: Findings,
    ) -> None:
        difference = key_difference(source, target)
        if difference:
            found.add(difference)
        self._refuse_filled(wanted, found)
        if wanted.tables.indexes:
            found.warnings += index_warnings(source, target)
        if wanted.tables.ttl:
            self._compare_ttl(ttl, found)

    def _refuse_filled(self, wanted: PreflightOptions, found: Findings) -> None:
        if wanted.tables.existing is not Existing.FAIL or wanted.resumed:
            return
        if found.ask(TARGET, lambda: api.has_items(self._caller, found.table)):
            found.add(filled_problem())

    def _compare_ttl(self, ttl: Optional[str], found: Findings) -> None:
        before = len(found.problems)
        theirs = found.ask(TARGET, lambda: api.describe_ttl(self._caller, found.table))
        warning = ttl_warning(found.table, ttl, theirs) if len(found.problems) == before else None
        if warning:
            found.warnings.append(warning)
