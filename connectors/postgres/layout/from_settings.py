"""The settings that decide which DynamoDB table a relation feeds."""

from __future__ import annotations

from connectors.config.settings import Settings
from connectors.postgres.layout.assignment import AssignmentRules
from connectors.postgres.layout.overrides import overrides_of

_GLOB = frozenset("*?[")


def assignment_rules(settings: Settings) -> AssignmentRules:
    return AssignmentRules(
        overrides_of(settings.reverse.relations),
        settings.filter.allows,
        [name for name in settings.filter.white_table_set if not _GLOB & set(name)],
        settings.reverse.missing_table == "skip",
    )
