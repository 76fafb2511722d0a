from __future__ import annotations

import pytest

from connectors.base.errors import PreflightError, TransientError
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.tables.stream import ensure_stream
from connectors.dynamodb.tables.wait import Wait
from tests.fakes.tables import Delays, FakeTables
from tests.unit.connectors.dynamodb.tables.samples import described, request


def source(stream: str = "", update: float = 20.0) -> FakeTables:
    fake = FakeTables(delays=Delays(update=update))
    fake.make(request(), stream=stream)
    fake.tables["orders"].update(LatestStreamArn="arn:old") if stream else None
    return fake


def ensure(fake: FakeTables, may_enable: bool = True) -> str:
    return ensure_stream(described(fake), fake, may_enable, Wait(300, fake.clock.sleep, fake.clock))


@pytest.mark.parametrize("view", ["NEW_IMAGE", "NEW_AND_OLD_IMAGES"])
@pytest.mark.parametrize("may_enable", [False, True])
def test_an_enabled_stream_with_new_images_is_used_unchanged(view: str, may_enable: bool) -> None:
    fake = source(view)
    assert ensure(fake, may_enable) == "arn:old"
    assert fake.writes() == []


def test_a_missing_stream_is_enabled_and_waited_for_until_the_table_is_active() -> None:
    fake = source()
    arn = ensure(fake)
    table = described(fake)
    assert arn == table.LatestStreamArn != ""
    assert table.TableStatus == "ACTIVE"
    assert table.StreamSpecification.StreamViewType == "NEW_AND_OLD_IMAGES"
    assert fake.clock() >= 1020
    assert [operation for operation, _ in fake.writes()] == ["UpdateTable"]


def test_a_missing_stream_that_may_not_be_enabled_is_refused_with_the_key_that_allows_it() -> None:
    fake = source()
    with pytest.raises(PreflightError, match=r"table orders.*streams\.enable: true"):
        ensure(fake, may_enable=False)
    assert fake.writes() == []


def test_a_disabled_stream_is_missing_although_its_arn_is_still_present() -> None:
    fake = source("NEW_IMAGE")
    fake.disable_stream("orders")
    assert described(fake).LatestStreamArn == "arn:old"
    with pytest.raises(PreflightError, match=r"streams\.enable"):
        ensure(fake, may_enable=False)
    assert ensure(fake) not in ("", "arn:old")


@pytest.mark.parametrize("view", ["KEYS_ONLY", "OLD_IMAGE"])
@pytest.mark.parametrize("may_enable", [False, True])
def test_a_stream_without_new_images_is_refused_with_table_view_type_and_what_to_do(
    view: str, may_enable: bool
) -> None:
    fake = source(view)
    with pytest.raises(PreflightError) as raised:
        ensure(fake, may_enable)
    text = str(raised.value)
    for part in ("table orders", view, "Disable the stream", "NEW_AND_OLD_IMAGES"):
        assert part in text
    assert fake.writes() == []


def test_an_enabled_stream_whose_arn_is_not_known_yet_is_waited_for() -> None:
    fake = source()
    fake.tables["orders"]["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    table, looks = described(fake), iter(range(100))

    def tell(operation: str, name: str) -> None:
        if next(looks) == 3:
            fake.tables["orders"]["LatestStreamArn"] = "arn:new"

    fake.on_call = tell
    assert ensure_stream(table, fake, False, Wait(300, fake.clock.sleep, fake.clock)) == "arn:new"


def test_a_stream_that_another_client_enables_meanwhile_is_used() -> None:
    fake = source()
    table = described(fake)
    other = '{"TableName":"orders","StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"}}'
    fake.call("UpdateTable", other.encode())
    assert ensure_stream(table, fake, True, Wait(300, fake.clock.sleep, fake.clock))
    assert described(fake).StreamSpecification.StreamViewType == "NEW_IMAGE"


def test_a_stale_description_after_enabling_does_not_end_in_an_error() -> None:
    fake = source(update=0)
    refusal = ServiceError("ValidationException", "Table already has an enabled stream: orders")
    fake.fail("UpdateTable", refusal, after=True)
    assert ensure(fake)


def test_a_table_that_is_being_updated_is_waited_for() -> None:
    fake = source()
    fake.fail("UpdateTable", ServiceError("ResourceInUseException", "being updated"), times=3)
    assert ensure(fake)


def test_a_missing_permission_names_the_action_and_the_setting_that_avoids_it() -> None:
    fake = source()
    fake.fail("UpdateTable", ServiceError("AccessDeniedException", "not authorized"), times=None)
    with pytest.raises(PreflightError, match=r"table orders.*dynamodb:UpdateTable.*streams\.enable: false"):
        ensure(fake)


def test_a_stream_that_never_comes_is_a_transient_error() -> None:
    fake = source(update=1e9)
    with pytest.raises(TransientError, match="table orders: stream enabled"):
        ensure(fake)


def test_a_table_that_vanishes_meanwhile_is_named() -> None:
    fake = source()
    table = described(fake)
    del fake.tables["orders"]
    with pytest.raises(PreflightError, match="table orders: no longer exists"):
        ensure_stream(table, fake, True, Wait(300, fake.clock.sleep, fake.clock))
