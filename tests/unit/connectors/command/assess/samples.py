"""Builders of assessments."""

from __future__ import annotations

from typing import Any, List, Optional

from connectors.command.assess.assess import assess
from connectors.command.assess.compose import AssessOptions, Sides
from connectors.command.assess.document import Assessment
from connectors.command.estimate.prices import read_prices
from connectors.config import load
from connectors.targets.limits import TargetLimits
from connectors.targets.open import kind_of
from connectors.targets.place import Place
from tests.fakes.account import FakeAccount

NOW = 1_795_373_286.0


def settings_of(*sets: str) -> Any:
    words: List[str] = [f"--set={one}" for one in sets]
    return load(words, {})


def assessed(
    account: FakeAccount,
    *sets: str,
    sample: int = 200,
    share: float = 0.25,
    slots: int = 0,
    limits: Optional[TargetLimits] = None,
) -> Assessment:
    settings = settings_of(*sets)
    kind = kind_of(settings)
    sides = Sides(
        Place("Amazon DynamoDB", "eu-west-1"), kind.place(settings), limits or kind.limits(settings), ""
    )
    return assess(account, sides, settings, AssessOptions(sample, share, slots, read_prices()), NOW)
