"""Validation before the check is submitted: the settings, both sides, and whether their key schemas are
equal."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, List, NamedTuple, Set

from connectors.base.errors import PolarshakeError, PreflightError
from connectors.config.choices import Direction
from connectors.config.needs import require
from connectors.config.settings import Settings
from connectors.dynamodb.tables import api
from connectors.model.origin import TABLE as ORIGIN
from connectors.targets.open import kind_of, open_target

if TYPE_CHECKING:  # A client may lack the packages that the sides need.
    from connectors.targets.check_contract import CheckEnds
    from connectors.targets.preflight.problems import Problem

ANSWER_SECONDS = 20.0
"""Seconds without a response after which a side counts as unreachable."""


def validate(settings: Settings) -> List[str]:
    """The tables that the filter excludes. Raises ConfigError or PreflightError; writes nothing.

    If the client lacks botocore (on VVR, perhaps only the workers have it), only the settings are validated
    here, and the enumerator reports other problems.
    """
    require_settings(settings)
    if importlib.util.find_spec("botocore") is None:
        return []
    return _look_at_both_sides(settings)


def require_settings(settings: Settings) -> None:
    """Raises ConfigError."""
    require(settings, *kind_of(settings).needs)
    if settings.check.since and settings.check.direction is Direction.REVERSE:
        require(settings, "polardb.hostname", "polardb.login")


def _look_at_both_sides(settings: Settings) -> List[str]:
    from connectors.targets.preflight.problems import error_of

    with open_target(settings).check_ends(ANSWER_SECONDS) as ends:
        facts = survey(ends, settings)
    if facts.problems:
        raise error_of(facts.problems)
    return sorted(facts.existing - set(facts.chosen))


class Surveyed(NamedTuple):
    existing: Set[str]
    """Tables that exist on at least one side."""
    chosen: List[str]
    """Tables that the filter includes; empty if a side does not respond."""
    problems: List[Problem]


def survey(ends: CheckEnds, settings: Settings) -> Surveyed:
    """The tables of both sides and their problems. Writes nothing."""
    from connectors.targets.dynamodb_api.examination import EndpointExamination
    from connectors.targets.preflight.problems import Problem, explain
    from connectors.targets.preflight.selection import select

    problems: List[Problem] = []
    existing: Set[str] = set()
    for end, names in zip((EndpointExamination(ends.source), ends.target), ends.names):
        try:
            existing |= end.names() - {ORIGIN}
        except PreflightError as error:
            problems.append(Problem(str(error)))
        except PolarshakeError as error:
            problems.append(explain(error, names))
    if problems:
        return Surveyed(existing, [], problems)
    chosen, problems = select(sorted(existing), settings.filter)
    for table in chosen:
        try:
            source = api.describe_table(ends.source, table)
            problem = ends.target.problem(source) if source else ""
            problems += [Problem(problem, table)] if problem else []
        except PolarshakeError as error:
            problems.append(explain(error, ends.names.source, table))
    return Surveyed(existing, chosen, problems)
