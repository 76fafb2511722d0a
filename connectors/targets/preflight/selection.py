"""Which of the source's tables the filter includes, and mistakes in the filter. Pure."""

from __future__ import annotations

from typing import List, Sequence, Tuple

from connectors.targets.preflight.problems import Problem, listed
from connectors.targets.preflight.sides import NameFilter

GLOB_SIGNS = frozenset("*?[")
"""A table name cannot contain them (a-z A-Z 0-9 _ - .)."""
SHOWN = 20


def select(existing: Sequence[str], tables: NameFilter) -> Tuple[List[str], List[Problem]]:
    """A glob may match nothing yet, but a name must exist."""
    chosen = sorted(filter(tables.allows, existing))
    named = [name for name in tables.white_table_set if not GLOB_SIGNS & set(name) and tables.allows(name)]
    missing = [name for name in named if name not in existing]
    problems = [_missing(name, existing) for name in missing]
    return chosen, problems or ([] if chosen else [_nothing(existing)])


def _missing(name: str, existing: Sequence[str]) -> Problem:
    return Problem(f"filter.whiteTableSet: the source has no table {name}. {_there(existing)}", missing=name)


def _nothing(existing: Sequence[str]) -> Problem:
    if not existing:
        return Problem(_there(existing))
    return Problem(f"filter: no table of the source matches. {_there(existing)}")


def _there(existing: Sequence[str]) -> str:
    if not existing:
        return "The source has no tables at all: check dynamodb.region and dynamodb.endpoint"
    return f"It has {listed(existing, SHOWN)}"
