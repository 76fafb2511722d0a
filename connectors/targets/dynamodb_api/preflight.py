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
        findings = Findings(source.TableName)
        target = findings.ask(TARGET, lambda: api.describe_table(self._caller, source.TableName))
        if target is None:
            findings.there = None if findings.problems else False
            return findings
        findings.there = True
        itself = own_source_problem(source, target)
        if itself:
            findings.add(itself)
        elif wanted.tables.existing is not Existing.RECREATE:
            self._kept(source, target, ttl, wanted, findings)
        return findings

    def _kept(
        self,
        source: TableDescription,
        target: TableDescription,
        ttl: Optional[str],
        wanted: PreflightOptions,
        findings: Findings,
    ) -> None:
        difference = key_difference(source, target)
        if difference:
            findings.add(difference)
        self._refuse_filled(wanted, findings)
        if wanted.tables.indexes:
            findings.warnings += index_warnings(source, target)
        if wanted.tables.ttl:
            self._compare_ttl(ttl, findings)

    def _refuse_filled(self, wanted: PreflightOptions, findings: Findings) -> None:
        if wanted.tables.existing is not Existing.FAIL or wanted.resumed:
            return
        if findings.ask(TARGET, lambda: api.has_items(self._caller, findings.table)):
            findings.add(filled_problem())

    def _compare_ttl(self, ttl: Optional[str], findings: Findings) -> None:
        before = len(findings.problems)
        target_ttl = findings.ask(TARGET, lambda: api.describe_ttl(self._caller, findings.table))
        warning = ttl_warning(findings.table, ttl, target_ttl) if len(findings.problems) == before else None
        if warning:
            findings.warnings.append(warning)
