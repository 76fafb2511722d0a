from __future__ import annotations

from typing import Any, List, Tuple

import pytest

from connectors.dynamodb.streams.http import HttpStreamCalls
from connectors.dynamodb.tables.description import TableDescription
from connectors.engine.enumerator.table_planner import TableState
from connectors.forward.discovery import ForwardDiscovery
from connectors.targets.dynamodb_api.tables import EndpointTables
from tests.fakes.tables import FakeTables
from tests.unit.connectors.dynamodb.tables.samples import request
from tests.unit.connectors.forward.samples import settings_of


class NotedTables(EndpointTables):
    """Over a fake, which keeps the tables that were deleted."""

    def __init__(self, settings: Any, source: Any, client: Any) -> None:
        super().__init__(settings, source, client)
        self.ensured: List[Tuple[str, bool]] = []

    def ensure(self, source: TableDescription, rescan: bool, first_attempt: bool) -> List[str]:
        self.ensured.append((source.TableName, rescan))
        return super().ensure(source, rescan, first_attempt)


def look_of(existing: str) -> Tuple[ForwardDiscovery, FakeTables]:
    source, target = FakeTables(), FakeTables(polardb=True)
    for fake in (source, target):
        fake.make(request("orders"), stream="NEW_IMAGE" if fake is source else "", items=1)
    settings = settings_of(tables_existing=existing, write_markOrigin="none")
    side = NotedTables(settings, source, target)
    return ForwardDiscovery(settings, source, HttpStreamCalls(source), side, True), target


def dropped(target: FakeTables) -> bool:
    return ("DeleteTable", "orders") in target.calls


@pytest.mark.parametrize(
    ("existing", "state", "drops"),
    [
        ("recreate", TableState("orders", 1), True),
        ("recreate", TableState("orders", 1, after_plan=True), False),
        ("recreate", TableState("orders", 2), False),
        ("keep", TableState("orders", 1), False),
        ("keep", TableState("orders", 1, after_plan=True), False),
    ],
)
def test_recreate_drops_what_the_first_plan_names_and_nothing_later(
    existing: str, state: TableState, drops: bool, caplog: pytest.LogCaptureFixture
) -> None:
    look, target = look_of(existing)
    look.prepare(state)
    assert dropped(target) is drops
    assert ("was not there when the job began" in caplog.text) is (
        existing == "recreate" and state.after_plan
    )


def test_a_later_table_is_made_where_the_target_has_none() -> None:
    look, target = look_of("recreate")
    del target.tables["orders"]
    look.prepare(TableState("orders", 1, after_plan=True))
    assert "orders" in target.tables
