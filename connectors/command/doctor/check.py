"""The lines about the two sides of the check job."""

from __future__ import annotations

from typing import Dict, Iterator, List, Optional, Set, Tuple

from connectors.base.errors import PolarshakeError
from connectors.check.validate import Surveyed, survey
from connectors.command.doctor.calls import Calls
from connectors.command.doctor.estimate import estimate_lines
from connectors.command.doctor.line import Line, green, red, yellow
from connectors.command.doctor.rights import check_rights, right_lines
from connectors.command.doctor.tables import facts
from connectors.config import Settings
from connectors.dynamodb.faults import SOURCE, TARGET, SettingNames
from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.description import TableDescription
from connectors.targets.check_contract import CheckEnds
from connectors.targets.dynamodb_api.examination import EndpointExamination
from connectors.targets.preflight.access import try_point_read
from connectors.targets.preflight.problems import Problem, explain, lines_of


def check_lines(ends: CheckEnds, settings: Settings, slots: int) -> List[Line]:
    """The lines about both sides. The check reads both, whichever side is the source of truth."""
    ends, calls = _noted(ends)
    surveyed = survey(ends, settings)
    problems = list(surveyed.problems)
    described = {
        names: _described(calls[names], names, surveyed.chosen, problems)
        for names in (SOURCE, TARGET)
        if names in calls
    }
    dynamodb, polardb = described[SOURCE], described.get(TARGET)
    wrong = {problem.table for problem in problems}
    whole = not (settings.check.sample or settings.check.keys)
    return [
        *_reached(calls, ends, surveyed, settings),
        *(red("sides", line) for line in lines_of(problems)),
        *right_lines(check_rights(settings), calls[SOURCE].allowed, calls[SOURCE].denied),
        *(_described_lines(dynamodb, wrong) if polardb is None else _tables(dynamodb, polardb, wrong)),
        *(estimate_lines(list(dynamodb.values()), settings, slots, False) if dynamodb and whole else ()),
    ]


def _noted(ends: CheckEnds) -> Tuple[CheckEnds, Dict[SettingNames, Calls]]:
    """The same ends, with callers that record the responses; and these callers."""
    calls = {ends.names.source: Calls(ends.source)}
    target = ends.target
    if ends.endpoint is not None:
        calls[ends.names.target] = Calls(ends.endpoint)
        target = EndpointExamination(calls[ends.names.target])
    return ends._replace(source=calls[ends.names.source], target=target), calls


def _described(
    caller: Calls, names: SettingNames, tables: List[str], problems: List[Problem]
) -> Dict[str, TableDescription]:
    """The tables that exist. Each is read as the check will read it."""
    existing: Dict[str, TableDescription] = {}
    for name in tables:
        try:
            table: Optional[TableDescription] = api.describe_table(caller, name)
            if table is not None:
                existing[name] = table
                api.has_items(caller, name)
                api.describe_ttl(caller, name)
                try_point_read(caller, table)
        except PolarshakeError as error:
            problem = explain(error, names, name)
            problems += [problem] if problem not in problems else []
    return existing


def _reached(
    calls: Dict[SettingNames, Calls], ends: CheckEnds, surveyed: Surveyed, settings: Settings
) -> Iterator[Line]:
    if "ListTables" in calls[SOURCE].allowed:
        yield green("dynamodb", f"{settings.dynamodb.endpoint or 'AWS'} answers to these credentials")
    if "ListTables" in calls[TARGET].allowed if TARGET in calls else surveyed.chosen:
        yield green(settings.target.value, ends.reached)


def _described_lines(tables: Dict[str, TableDescription], wrong: Set[str]) -> Iterator[Line]:
    return (green("table", facts(tables[name])) for name in sorted({*tables} - wrong))


def _tables(
    dynamodb: Dict[str, TableDescription], polardb: Dict[str, TableDescription], wrong: Set[str]
) -> Iterator[Line]:
    for name in sorted({*dynamodb, *polardb} - wrong):
        if name not in dynamodb or name not in polardb:
            side = "PolarDB" if name in polardb else "DynamoDB"
            yield yellow(
                "table", f"{name}: exists in {side} only; each of its items will be reported as a difference"
            )
        else:
            yield green("table", f"{facts(dynamodb[name])}; exists on both sides, with the same key")
