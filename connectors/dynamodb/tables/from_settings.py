"""The options for creating the target's tables, from the settings."""

from __future__ import annotations

from connectors.config.settings import Settings
from connectors.dynamodb.tables.ensure import Existing, TableOptions


def table_options(settings: Settings, rescan: bool = False) -> TableOptions:
    """After a gap (`rescan`), the target's table contains what the job has written and is never dropped."""
    tables = settings.tables
    existing = Existing.KEEP if rescan else Existing(tables.existing)
    return TableOptions(existing, tables.create_indexes, tables.copy_ttl, tables.copy_billing)
