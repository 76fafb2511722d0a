"""The check job's two sides, examined."""

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
    """Whichever of the two is the truth: both are read."""
    ends, calls = _noted(ends)
    found = survey(ends, settings)
    problems = list(found.problems)
    described = {
        names: _described(calls[names], names, found.chosen, problems)
        for names in (SOURCE, TARGET)
        if names in calls
    }
    here, there = described[SOURCE], described.get(TARGET)
    wrong = {problem.table for problem in problems}
    whole = not (settings.check.sample or settings.check.keys)
    return [
        *_reached(calls, ends, found, settings),
        *(red("sides", line) for line in lines_of(problems)),
        *right_lines(check_rights(settings), calls[SOURCE].allowed, calls[SOURCE].denied),
        *(_described_lines(here, wrong) if there is None else _tables(here, there, wrong)),
        *(estimate_lines(list(here.values()), settings, slots, False) if here and whole else ()),
    ]


def _noted(ends: CheckEnds) -> Tuple[CheckEnds, Dict[SettingNames, Calls]]:
    """The same ends through callers that note what is answered, and these callers."""
    calls = {ends.names.source: Calls(ends.source)}
    target = ends.target
    if ends.endpoint is not None:
        calls[ends.names.target] = Calls(ends.endpoint)
        target = EndpointExamination(calls[ends.names.target])
    return ends._replace(source=calls[ends.names.source], target=target), calls


def _described(
    caller: Calls, names: SettingNames, tables: List[str], problems: List[Problem]
) -> Dict[str, TableDescription]:
    """Those that are there, each read as the check will read them."""
    found: Dict[str, TableDescription] = {}
    for name in tables:
        try:
            table: Optional[TableDescription] = api.describe_table(caller, name)
            if table is not None:
                found[name] = table
                api.has_items(caller, name)
                api.describe_ttl(caller, name)
                try_point_read(caller, table)
        except PolarshakeError as error:
            problem = explain(error, names, name)
            problems += [problem] if problem not in problems else []
    return found


def _reached(
    calls: Dict[SettingNames, Calls], ends: CheckEnds, found: Surveyed, settings: Settings
) -> Iterator[Line]:
    if "ListTables" in calls[SOURCE].allowed:
        yield green("dynamodb", f"{settings.dynamodb.endpoint or 'AWS'} answers to these credentials")
    if "ListTables" in calls[TARGET].allowed if TARGET in calls else found.chosen:
        yield green(settings.target.value, ends.reached)


def _described_lines(here: Dict[str, TableDescription], wrong: Set[str]) -> Iterator[Line]:
    return (green("table", facts(here[name])) for name in sorted({*here} - wrong))


def _tables(
    here: Dict[str, TableDescription], there: Dict[str, TableDescription], wrong: Set[str]
) -> Iterator[Line]:
    for name in sorted({*here, *there} - wrong):
        if name not in here or name not in there:
            side = "PolarDB" if name in there else "DynamoDB"
            yield yellow("table", f"{name}: is on {side} only: each of its items will be a difference")
        else:
            yield green("table", f"{facts(here[name])}; on both sides, with the same key")
