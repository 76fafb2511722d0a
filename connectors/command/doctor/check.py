"""The check job's two sides, examined."""

from __future__ import annotations

from typing import Dict, Iterator, List, Optional

from connectors.base.errors import PolarshakeError
from connectors.check.sides import end_names, reversed_
from connectors.check.validate import EndpointExamination, TargetExamination, survey
from connectors.command.doctor.calls import Calls
from connectors.command.doctor.estimate import estimate_lines
from connectors.command.doctor.line import Line, green, red, yellow
from connectors.command.doctor.rights import check_rights, right_lines
from connectors.command.doctor.tables import facts
from connectors.config import Settings
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.faults import SOURCE, TARGET, SettingNames
from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.description import TableDescription
from connectors.targets.preflight.access import try_point_read
from connectors.targets.preflight.problems import Problem, explain, lines_of


def check_lines(dynamodb: Caller, polardb: Caller, settings: Settings, slots: int) -> List[Line]:
    """Whichever of the two is the truth: both are read."""
    ours, theirs = Calls(dynamodb), Calls(polardb)
    source, target = (theirs, ours) if reversed_(settings) else (ours, theirs)
    found = survey(source, EndpointExamination(target), end_names(settings), settings)
    problems = list(found.problems)
    whole = not (settings.check.sample or settings.check.keys)
    here = _described(ours, SOURCE, found.chosen, problems)
    there = _described(theirs, TARGET, found.chosen, problems)
    return [
        *_reached(ours, theirs, settings),
        *(red("sides", line) for line in lines_of(problems)),
        *right_lines(check_rights(settings), ours.allowed, ours.denied),
        *_tables(here, there, {problem.table for problem in problems}),
        *(estimate_lines(list(here.values()), settings, slots, False) if here and whole else ()),
    ]


def check_lines_of_mongodb(
    dynamodb: Caller, target: TargetExamination, settings: Settings, slots: int
) -> List[Line]:
    ours = Calls(dynamodb)
    found = survey(ours, target, end_names(settings), settings)
    problems = list(found.problems)
    whole = not (settings.check.sample or settings.check.keys)
    here = _described(ours, SOURCE, found.chosen, problems)
    wrong = {problem.table for problem in problems}
    return [
        *_answers(ours, settings),
        *([green("mongodb", f"{settings.mongodb.database} can be read")] if found.chosen else []),
        *(red("sides", line) for line in lines_of(problems)),
        *right_lines(check_rights(settings), ours.allowed, ours.denied),
        *(green("table", facts(here[name])) for name in sorted({*here} - wrong)),
        *(estimate_lines(list(here.values()), settings, slots, False) if here and whole else ()),
    ]


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


def _reached(ours: Calls, theirs: Calls, settings: Settings) -> Iterator[Line]:
    yield from _answers(ours, settings)
    if "ListTables" in theirs.allowed:
        yield green("polardb", f"{settings.polardb.endpoint} answers to these credentials")


def _answers(ours: Calls, settings: Settings) -> Iterator[Line]:
    if "ListTables" in ours.allowed:
        yield green("dynamodb", f"{settings.dynamodb.endpoint or 'AWS'} answers to these credentials")


def _tables(
    here: Dict[str, TableDescription], there: Dict[str, TableDescription], wrong: set[str]
) -> Iterator[Line]:
    for name in sorted({*here, *there} - wrong):
        if name not in here or name not in there:
            side = "PolarDB" if name in there else "DynamoDB"
            yield yellow("table", f"{name}: is on {side} only: each of its items will be a difference")
        else:
            yield green("table", f"{facts(here[name])}; on both sides, with the same key")
