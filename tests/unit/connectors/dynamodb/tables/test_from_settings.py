from __future__ import annotations

from connectors.dynamodb.tables.ensure import Existing
from connectors.dynamodb.tables.from_settings import table_options
from tests.unit.connectors.forward.samples import settings_of


def test_a_target_is_recreated_before_the_first_scan_and_never_after_a_gap() -> None:
    settings = settings_of(tables_existing="recreate")
    found = [table_options(settings, rescan).existing for rescan in (False, True)]
    assert found == [Existing.RECREATE, Existing.KEEP]
