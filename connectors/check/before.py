"""What is looked at before the check is submitted: settings, both sides, and that their keys agree."""

from __future__ import annotations

import importlib.util
from contextlib import contextmanager
from typing import TYPE_CHECKING, Iterator, List, NamedTuple, Protocol, Set

from connectors.config.needs import require
from connectors.config.settings import Settings
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.compare import key_difference
from connectors.dynamodb.tables.description import TableDescription
from connectors.errors import PolarshakeError, PreflightError
from connectors.forward.before import NEEDS
from connectors.origin import TABLE as ORIGIN

if TYPE_CHECKING:  # a client may lack what the sides need
    from connectors.check.sides import EndNames
    from connectors.preflight.problems import Problem

ANSWER_SECONDS = 20.0
"""A side that does not answer for this long is called unreachable."""


class TargetLook(Protocol):
    def names(self) -> Set[str]:
        """Of its tables. Raises PolarshakeError; PreflightError in words for the user."""
        ...

    def problem(self, source: TableDescription) -> str:
        """Why a table's items cannot be told to be the same; empty where they can."""
        ...


def look_before(settings: Settings) -> List[str]:
    """The tables that the filter leaves out. Raises ConfigError or PreflightError; writes nothing.

    Where the client lacks botocore (a VVR workspace may have it on the workers alone) only the settings are
    checked here, and the enumerator finds the rest.
    """
    require_settings(settings)
    if importlib.util.find_spec("botocore") is None:
        return []
    return _look_at_both_sides(settings)


def require_settings(settings: Settings) -> None:
    """Raises ConfigError."""
    require(settings, *NEEDS[settings.target])


def _look_at_both_sides(settings: Settings) -> List[str]:
    from connectors.check.sides import end_names, open_source
    from connectors.forward.clients import refuse_same_server
    from connectors.preflight.problems import error_of

    refuse_same_server(settings)
    source = open_source(settings, ANSWER_SECONDS)
    try:
        with look_at_target(settings, ANSWER_SECONDS) as target:
            found = survey(source, target, end_names(settings), settings)
    finally:
        source.close()
    if found.problems:
        raise error_of(found.problems)
    return sorted(found.existing - set(found.chosen))


class Surveyed(NamedTuple):
    existing: Set[str]
    """Tables of either side."""
    chosen: List[str]
    """Those that the filter lets through; none where a side does not answer."""
    problems: List[Problem]


def survey(source: Caller, target: TargetLook, names: EndNames, settings: Settings) -> Surveyed:
    """Writes nothing."""
    from connectors.preflight.problems import Problem, explain
    from connectors.preflight.selection import select

    problems: List[Problem] = []
    existing: Set[str] = set()
    for look, called in ((EndpointLook(source), names.source), (target, names.target)):
        try:
            existing |= look.names() - {ORIGIN}
        except PreflightError as error:
            problems.append(Problem(str(error)))
        except PolarshakeError as error:
            problems.append(explain(error, called))
    if problems:
        return Surveyed(existing, [], problems)
    chosen, problems = select(sorted(existing), settings.filter)
    for table in chosen:
        try:
            ours = api.describe_table(source, table)
            problem = target.problem(ours) if ours else ""
            problems += [Problem(problem, table)] if problem else []
        except PolarshakeError as error:
            problems.append(explain(error, names.source, table))
    return Surveyed(existing, chosen, problems)


class EndpointLook:
    """A TargetLook at what speaks DynamoDB's protocol."""

    def __init__(self, target: Caller) -> None:
        self._target = target

    def names(self) -> Set[str]:
        return set(api.list_tables(self._target))

    def problem(self, source: TableDescription) -> str:
        """Of tables with other keys."""
        theirs = api.describe_table(self._target, source.TableName)
        return (key_difference(source, theirs) or "") if theirs else ""


@contextmanager
def look_at_target(settings: Settings, seconds: float) -> Iterator[TargetLook]:
    """`seconds`: within which it must answer."""
    if settings.target == "mongodb":
        from connectors.mongodb.checks import CheckedSide
        from connectors.mongodb.client import client_of, database_of
        from connectors.mongodb.target import shape_of

        with client_of(settings, seconds) as client:
            yield CheckedSide(database_of(client, settings), shape_of(settings), settings.check.repair)
    else:
        from connectors.check.sides import open_target

        target = open_target(settings, seconds)
        try:
            yield EndpointLook(target)
        finally:
            target.close()
