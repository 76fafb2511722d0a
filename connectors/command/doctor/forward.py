"""The lines about the two sides of the forward job."""

from __future__ import annotations

from typing import Iterator, List, Optional

from connectors.base.errors import PolarshakeError
from connectors.command.doctor.calls import Calls
from connectors.command.doctor.estimate import estimate_lines
from connectors.command.doctor.line import Line, green, red, yellow
from connectors.command.doctor.rights import forward_rights, right_lines
from connectors.command.doctor.tables import table_lines
from connectors.config import Settings
from connectors.config.choices import CopyMode, GapPolicy
from connectors.dynamodb.faults import SOURCE
from connectors.dynamodb.tables.description import TableDescription
from connectors.targets.preflight.access import try_point_read
from connectors.targets.preflight.check import Examined, examine
from connectors.targets.preflight.problems import Problem, explain, lines_of
from connectors.targets.preflight.sides import Findings, PreflightOptions, PreflightSides, TargetSide


class ForwardSides:
    """The sides, with callers that record the responses."""

    def __init__(self, sides: PreflightSides) -> None:
        self.source, self.streams = Calls(sides.source), Calls(sides.streams)
        self.target = Reached(sides.target)

    @property
    def sides(self) -> PreflightSides:
        return PreflightSides(self.source, self.streams, self.target)


class Reached(TargetSide):
    """Records whether the target was reached."""

    def __init__(self, side: TargetSide) -> None:
        self._side, self.name, self.reached = side, side.name, side.reached
        self.problems: Optional[List[Problem]] = None

    def reach(self) -> List[Problem]:
        self.problems = self._side.reach()
        return self.problems

    def look(self, source: TableDescription, ttl: Optional[str], wanted: PreflightOptions) -> Findings:
        return self._side.look(source, ttl, wanted)


def forward_lines(
    sides: PreflightSides, wanted: PreflightOptions, settings: Settings, slots: int
) -> List[Line]:
    asked = ForwardSides(sides)
    examined = examine(asked.sides, wanted)
    problems = examined.problems + _rescan(asked.source, examined, settings)
    return [
        *_reached(asked, settings),
        *(red("sides", line) for line in lines_of(problems)),
        *right_lines(
            forward_rights(settings),
            asked.source.allowed | asked.streams.allowed,
            asked.source.denied | asked.streams.denied,
        ),
        *_tables(examined, wanted),
        *_settings(settings),
        *_estimate(examined, wanted, settings, slots),
    ]


def _reached(asked: ForwardSides, settings: Settings) -> Iterator[Line]:
    if "ListTables" in asked.source.allowed:
        yield green("dynamodb", f"{settings.dynamodb.endpoint or 'AWS'} answers to these credentials")
    if asked.target.problems == []:
        yield green(settings.target.value, asked.target.reached)


def _rescan(source: Calls, examined: Examined, settings: Settings) -> List[Problem]:
    """A problem with reads of single items. The job needs them after a gap; no other check makes one."""
    rescans = settings.streams.gap is GapPolicy.RESCAN or settings.tables.rescan
    if not rescans or not examined.tables:
        return []
    table = examined.tables[0].description
    try:
        try_point_read(source, table)
    except PolarshakeError as error:
        return [explain(error, SOURCE, table.TableName)]
    return []


def _tables(examined: Examined, wanted: PreflightOptions) -> Iterator[Line]:
    wrong = {problem.table for problem in examined.problems}
    for table in examined.tables:
        if table.description.TableName not in wrong:
            yield from table_lines(table, wanted)


def _settings(settings: Settings) -> Iterator[Line]:
    if not settings.dead_letter.path and settings.mode is not CopyMode.SCHEMA:
        yield yellow(
            "settings", "deadLetter.path is empty: the first item that the target rejects stops the job"
        )


def _estimate(examined: Examined, wanted: PreflightOptions, settings: Settings, slots: int) -> Iterator[Line]:
    tables = [table.description for table in examined.tables]
    if wanted.mode.scans and tables:
        yield from estimate_lines(tables, settings, slots, settings.scan.consistent_read)
