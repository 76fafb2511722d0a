"""The sides of a check as the report names them: the source, which is authoritative, and the target."""

from __future__ import annotations

from typing import Tuple

from connectors.check.report.summary import ReportSide
from connectors.config.choices import Direction
from connectors.config.settings import Settings
from connectors.targets.open import kind_of
from connectors.targets.place import endpoint_place


def report_sides(settings: Settings) -> Tuple[ReportSide, ReportSide]:
    """Source and target."""
    place = endpoint_place("Amazon DynamoDB", settings.dynamodb.endpoint, settings.dynamodb.region)
    dynamodb, other = ReportSide(*place), ReportSide(*kind_of(settings).place(settings))
    return (other, dynamodb) if settings.check.direction is Direction.REVERSE else (dynamodb, other)
