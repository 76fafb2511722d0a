from __future__ import annotations

import pytest

from connectors.dynamodb.streams import gap

HOUR = 3600.0


def test_a_shard_id_of_aws_shows_its_creation_time() -> None:
    assert gap.born("shardId-00000001567391596311-61ca009c") == 1567391596.311


@pytest.mark.parametrize(
    "shard_id",
    [
        "shardId-00000000000000000000-00000001",
        "shardId-00000000000000000007-00000001",
        "shardId-99999999999999999999-00000001",
        "shardId-1567391596311-61ca009c",
        "shard-1",
        "",
    ],
)
def test_an_id_that_holds_no_plausible_time_shows_nothing(shard_id: str) -> None:
    assert gap.born(shard_id) == 0.0


@pytest.mark.parametrize(("age", "young"), [(0, True), (22.9, True), (23, False), (24, False), (48, False)])
def test_the_last_hour_of_the_retention_is_not_trusted(age: float, young: bool) -> None:
    assert gap.is_young(1e9 + age * HOUR, 1e9) is young


def test_an_old_shard_is_whole_only_if_its_first_record_is_the_first_it_ever_had() -> None:
    assert gap.head_is_whole("007", "7", young=False)
    assert not gap.head_is_whole("8", "7", young=False)
    assert not gap.head_is_whole("7", "", young=False)
    assert not gap.head_is_whole(None, "7", young=False)
    assert gap.head_is_whole(None, "", young=True)


def test_a_stream_that_was_disabled_or_enabled_again_is_named() -> None:
    assert gap.replaced("arn-1", "arn-1") is None
    assert gap.replaced("arn-1", None) == "the stream arn-1 was disabled"
    assert "arn-2" in (gap.replaced("arn-1", "arn-2") or "")
