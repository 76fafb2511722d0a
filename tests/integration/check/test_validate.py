"""Problems are reported before the submission; differing definitions are reported in addition to items."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Callable

import pytest

from connectors.base.errors import ConfigError, PreflightError
from connectors.check.validate import validate
from connectors.config.settings import Settings
from connectors.model.origin import TABLE as ORIGIN
from local.traffic import CallError
from tests.integration.check.conftest import Both, MakeCheck
from tests.integration.forward.tables import Sides

DEFINITION = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
}


def test_two_sides_that_answer_pass_and_excluded_tables_are_reported(
    sides: Sides, settings: Callable[..., Settings]
) -> None:
    both, other = Both(sides, count=1), Both(sides, "_other", count=1)
    left_out = validate(settings(filter__whiteTableSet=both.table))
    assert other.table in left_out
    assert both.table not in left_out


@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_the_forward_jobs_own_table_is_not_compared(
    sides: Sides, settings: Callable[..., Settings], check: MakeCheck, direction: str
) -> None:
    both = Both(sides, count=5)
    with suppress(CallError):  # other tests share the server
        sides.target.ask("CreateTable", {"TableName": ORIGIN, "BillingMode": "PAY_PER_REQUEST", **DEFINITION})
    only = {"filter__whiteTableSet": f"{both.table};polarshake_*", "check__direction": direction}
    assert ORIGIN not in validate(settings(**only))
    assert [(table.table, table.equal) for table in check(**only).run().tables] == [(both.table, 5)]


@pytest.mark.parametrize(
    ("sets", "problem"),
    [
        ({"filter__whiteTableSet": "there_is_no_such_table"}, "there_is_no_such_table"),
        ({"polardb__endpoint": "http://127.0.0.1:9"}, "polardb.endpoint cannot be reached"),
    ],
)
def test_a_table_that_cannot_be_checked_is_named(
    settings: Callable[..., Settings], sets: Any, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.check.validate.ANSWER_SECONDS", 1.0)
    with pytest.raises(PreflightError, match=problem):
        validate(settings(**sets))


def test_tables_with_other_keys_are_refused(sides: Sides, settings: Callable[..., Settings]) -> None:
    table = sides.make("", "pid:S", "sid:N", stream=False)
    definition = {
        "KeySchema": [{"AttributeName": "pid", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pid", "AttributeType": "S"}],
    }
    sides.target.ask("CreateTable", {"TableName": table, "BillingMode": "PAY_PER_REQUEST", **definition})
    with pytest.raises(PreflightError, match="the source's key is"):
        validate(settings())


def test_without_an_endpoint_no_request_is_sent(settings: Callable[..., Settings]) -> None:
    with pytest.raises(ConfigError, match=r"polardb\.endpoint"):
        validate(settings(polardb__endpoint=""))


def test_a_time_to_live_that_one_side_lacks_is_a_difference(sides: Sides, check: MakeCheck) -> None:
    both = Both(sides, count=5)
    ttl = {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expires"}}
    sides.source.ask("UpdateTimeToLive", {"TableName": both.table, **ttl})
    [table] = check().run().tables
    assert (table.equal, len(table.schema_differences)) == (5, 1)
    assert "time to live" in table.schema_differences[0]
