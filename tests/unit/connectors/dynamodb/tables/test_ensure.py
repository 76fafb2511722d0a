from __future__ import annotations

from typing import Any, List, Optional

import pytest

from connectors.base.errors import PreflightError, TransientError
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.tables.ensure import Existing, TableOptions, ensure_target
from connectors.dynamodb.tables.wait import Wait
from tests.fakes.clock import FakeClock
from tests.fakes.tables import Delays, FakeTables
from tests.unit.connectors.dynamodb.tables.samples import described, request, source_table

SLOW = Delays(create=20, delete=20, update=20)
FAIL = TableOptions(existing=Existing.FAIL)
RECREATE = TableOptions(existing=Existing.RECREATE)


def ensure(
    target: FakeTables,
    options: TableOptions = TableOptions(),  # noqa: B008
    ttl: Optional[str] = None,
    first_attempt: bool = True,
    seconds: float = Wait().seconds,
    **table: Any,
) -> List[str]:
    wait = Wait(seconds, target.clock.sleep, target.clock)
    return ensure_target(source_table(**table), ttl, target, options, first_attempt, wait)


@pytest.mark.parametrize("polardb", [False, True])
@pytest.mark.parametrize("existing", list(Existing))
def test_a_missing_table_is_created_with_its_indexes_and_time_to_live(
    polardb: bool, existing: Existing
) -> None:
    target = FakeTables(polardb=polardb, delays=SLOW)
    warnings = ensure(target, TableOptions(existing), ttl="expires", indexed=True)
    assert warnings == []
    assert described(target).GlobalSecondaryIndexes[0].IndexName == "by-state"
    assert target.ttl == {"orders": "expires"}
    assert not any(operation == "DeleteTable" for operation, _ in target.calls)


def test_the_table_is_active_when_the_call_returns() -> None:
    target = FakeTables(delays=SLOW)
    ensure(target)
    assert described(target).TableStatus == "ACTIVE"
    assert target.clock() >= 1000 + SLOW.create


def test_the_wait_is_limited_and_ends_with_a_transient_error() -> None:
    target = FakeTables(delays=Delays(create=100))
    with pytest.raises(TransientError, match="table orders: created at the target: not reached after 30 s"):
        ensure(target, seconds=30)
    assert target.clock() <= 1030


def test_indexes_and_time_to_live_are_left_out_on_request() -> None:
    target = FakeTables()
    options = TableOptions(indexes=False, ttl=False)
    assert ensure(target, options, ttl="expires", indexed=True) == []
    assert described(target).indexes == []
    assert target.ttl == {}
    assert not any("TimeToLive" in operation for operation, _ in target.calls)


def test_a_kept_table_is_used_unchanged_and_what_it_lacks_is_reported() -> None:
    target = FakeTables()
    target.make(request(), items=3)
    warnings = ensure(target, ttl="expires", indexed=True)
    assert [line.split(":")[1].split()[0] for line in warnings] == ["global", "time"]
    assert target.writes() == []
    assert len(target.items["orders"]) == 3


def test_a_kept_table_with_another_key_is_refused_before_anything_is_written() -> None:
    target = FakeTables()
    target.make(request(key="id"))
    with pytest.raises(PreflightError, match=r"pk \(S, HASH\).*id \(S, HASH\)"):
        ensure(target)
    assert target.writes() == []


def test_fail_refuses_a_table_that_holds_items() -> None:
    target = FakeTables()
    target.make(request(), items=1)
    with pytest.raises(PreflightError, match=r"table orders.*tables\.existing is fail"):
        ensure(target, FAIL)
    assert target.writes() == []


def test_fail_takes_an_empty_table_with_the_same_key() -> None:
    target = FakeTables()
    target.make(request())
    assert ensure(target, FAIL) == []


def test_fail_takes_what_an_earlier_attempt_of_the_run_has_written() -> None:
    target = FakeTables()
    target.make(request(), items=1)
    assert ensure(target, FAIL, first_attempt=False) == []
    assert len(target.items["orders"]) == 1


def test_fail_refuses_an_empty_table_with_another_key_on_a_later_attempt_too() -> None:
    target = FakeTables()
    target.make(request(type_="N"))
    with pytest.raises(PreflightError, match="key"):
        ensure(target, FAIL, first_attempt=False)


def test_a_later_attempt_sets_the_time_to_live_that_an_earlier_one_did_not_set() -> None:
    target = FakeTables()
    target.make(request())
    assert ensure(target, ttl="expires", first_attempt=False) == []
    assert target.ttl == {"orders": "expires"}


def test_another_time_to_live_at_the_target_is_reported_and_never_changed() -> None:
    target = FakeTables()
    target.make(request(), ttl="other")
    (line,) = ensure(target, ttl="expires", first_attempt=False)
    assert "attribute other" in line
    assert target.ttl == {"orders": "other"}


@pytest.mark.parametrize("polardb", [False, True])
def test_recreate_drops_the_table_waits_until_it_is_gone_and_creates_it(polardb: bool) -> None:
    target = FakeTables(polardb=polardb, delays=SLOW)
    target.make(request(key="id"), items=3)
    assert ensure(target, RECREATE) == []
    assert described(target).key_schema.partition.name == "pk"
    assert target.items["orders"] == []
    changes = [operation for operation, _ in target.writes()]
    assert changes.count("DeleteTable") >= 1
    assert target.clock() >= 1000 + SLOW.delete


def test_recreate_never_drops_the_source_when_the_endpoint_leads_back_to_it() -> None:
    both = FakeTables()
    both.make(request(), items=3)
    source = described(both)
    with pytest.raises(PreflightError, match=r"polardb\.endpoint leads to the source's own table"):
        ensure_target(source, None, both, RECREATE, wait=Wait(9, both.clock.sleep, both.clock))
    assert both.writes() == []


def test_recreate_survives_a_delete_whose_answer_was_lost() -> None:
    target = FakeTables(delays=SLOW)
    target.make(request(), items=3)
    target.fail("DeleteTable", TransientError("connection reset"), after=True)
    assert ensure(target, RECREATE) == []
    assert target.items["orders"] == []


def test_recreate_takes_a_table_that_vanishes_before_it_could_be_dropped() -> None:
    target = FakeTables(delays=SLOW)
    target.make(request(), items=3)

    def drop_first(operation: str, table: str) -> None:
        if operation == "DeleteTable":
            target.tables.pop(table, None)

    target.on_call = drop_first
    assert ensure(target, RECREATE) == []
    assert target.items["orders"] == []


def test_a_create_whose_answer_was_lost_is_not_an_error() -> None:
    target = FakeTables(delays=SLOW)
    target.fail("CreateTable", TransientError("connection reset"), after=True)
    assert ensure(target) == []


@pytest.mark.parametrize("polardb", [False, True])
def test_a_table_that_another_client_creates_meanwhile_is_used_if_its_key_matches(polardb: bool) -> None:
    target = FakeTables(polardb=polardb, delays=SLOW)
    _race(target, request())
    assert ensure(target) == []


def test_a_table_that_another_client_creates_meanwhile_with_another_key_is_refused() -> None:
    target = FakeTables(delays=SLOW)
    _race(target, request(key="id"))
    with pytest.raises(PreflightError, match=r"id \(S, HASH\)"):
        ensure(target)


def _race(target: FakeTables, request: Any) -> None:
    def create_first(operation: str, table: str) -> None:
        if operation == "CreateTable" and not target.tables:
            target.make(request)

    target.on_call = create_first


def test_a_table_that_is_being_deleted_is_waited_for_and_created_again() -> None:
    target = FakeTables(delays=SLOW)
    target.make(request(), items=3)
    target.call("DeleteTable", b'{"TableName": "orders"}')
    assert ensure(target) == []
    assert target.items["orders"] == []


@pytest.mark.parametrize(
    "error",
    [
        ServiceError("LimitExceededException", "Subscriber limit exceeded: 10 tables at once"),
        ServiceError("InternalServerError", "", 500),
        TransientError("polardb.example: name does not resolve"),
    ],
)
@pytest.mark.parametrize(
    "operation", ["DescribeTable", "CreateTable", "DescribeTimeToLive", "UpdateTimeToLive"]
)
def test_transient_faults_are_retried(operation: str, error: Any) -> None:
    target = FakeTables()
    target.fail(operation, error, times=5)
    assert ensure(target, ttl="expires") == []
    assert target.ttl == {"orders": "expires"}


def test_an_address_that_never_resolves_ends_with_a_transient_error_that_names_the_last_fault() -> None:
    target = FakeTables()
    target.fail("DescribeTable", TransientError("name does not resolve"), times=None)
    with pytest.raises(TransientError, match="name does not resolve"):
        ensure(target)
    assert target.clock() >= 1000 + 600, "a new address may take over ten minutes"


@pytest.mark.parametrize(
    ("operation", "way_out"),
    [
        ("CreateTable", "tables.createIndexes: false"),
        ("UpdateTimeToLive", "tables.copyTtl: false"),
        ("DescribeTable", "--polardbak"),
    ],
)
def test_a_refusal_names_the_table_and_a_way_out(operation: str, way_out: str) -> None:
    target = FakeTables()
    target.fail(operation, ServiceError("ValidationException", "not like this"), times=None)
    with pytest.raises(PreflightError) as raised:
        ensure(target, ttl="expires")
    text = str(raised.value)
    assert "table orders" in text
    assert "not like this" in text
    assert way_out in text


def test_a_time_to_live_whose_response_was_lost_is_not_an_error() -> None:
    target = FakeTables()
    target.fail(
        "UpdateTimeToLive", ServiceError("ValidationException", "TimeToLive is already enabled"), after=True
    )
    assert ensure(target, ttl="expires") == []
    assert target.ttl == {"orders": "expires"}


def test_a_table_that_cannot_be_written_is_refused_with_its_status() -> None:
    target = FakeTables()
    target.make(request())
    target.tables["orders"]["TableStatus"] = "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
    with pytest.raises(PreflightError, match="INACCESSIBLE"):
        ensure(target)


def test_the_default_is_to_keep() -> None:
    assert TableOptions().existing is Existing.KEEP


def test_pauses_between_two_polls_are_never_longer_than_five_seconds() -> None:
    pauses: List[float] = []
    clock = FakeClock()

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        clock.sleep(seconds)

    looks = iter(range(100))
    Wait(1000, sleep, clock).until("anything", lambda: True if next(looks) == 50 else None)
    assert len(pauses) == 50
    assert pauses == sorted(pauses)
    assert max(pauses) == 5.0
