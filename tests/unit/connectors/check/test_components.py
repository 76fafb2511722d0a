"""What the check's parts decide from the settings."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.check.components import CheckParts, job_of
from connectors.config import load
from tests.fakes.tables import FakeTables


def source() -> FakeTables:
    tables = FakeTables()
    tables.make(
        {
            "TableName": "orders",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        }
    )
    return tables


def may_delete(table: str, *sets: str) -> bool:
    parts = CheckParts(job_of(load([f"--set={pair}" for pair in sets], {})))
    parts.__dict__["_sides"] = type("Sides", (), {"caller": source()})()
    return parts._may_delete(table)


BOTH = ("check.repair=true", "check.deleteExtra=true")


@pytest.mark.parametrize(
    ("table", "sets", "expected"),
    [
        ("orders", BOTH, True),
        ("gone", BOTH, False),
        ("gone", (*BOTH, "filter.whiteTableSet=[g*, '*']"), False),
        ("gone", (*BOTH, "filter.whiteTableSet=[gone, orders]"), True),
        ("gone", (*BOTH, "filter.whiteTableSet=[gone2]"), False),
        ("orders", ("check.repair=true",), False),
        ("orders", (), False),
    ],
)
def test_a_repair_deletes_in_a_table_of_the_source_or_one_that_is_named_in_full(
    table: str, sets: Any, expected: bool
) -> None:
    assert may_delete(table, *sets) is expected
