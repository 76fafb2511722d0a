"""Assessments of invented accounts."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from connectors.command.assess.assess import assess
from connectors.command.assess.compose import AssessOptions, Sides
from connectors.command.assess.document import Assessment
from connectors.command.estimate.prices import read_prices
from connectors.config import load
from connectors.targets.limits import TargetLimits
from connectors.targets.open import kind_of
from connectors.targets.place import Place
from tests.fakes.account import ARN, FakeAccount

NOW = 1_795_373_286.0


def settings_of(*sets: str) -> Any:
    words: List[str] = [f"--set={each}" for each in sets]
    return load(words, {})


def assessed(
    account: FakeAccount,
    *sets: str,
    sample: int = 200,
    share: float = 0.25,
    slots: int = 0,
    limits: Optional[TargetLimits] = None,
) -> Assessment:
    settings = settings_of(*sets)
    kind = kind_of(settings)
    sides = Sides(
        Place("Amazon DynamoDB", "eu-west-1"), kind.place(settings), limits or kind.limits(settings), ""
    )
    return assess(account, sides, settings, AssessOptions(sample, share, slots, read_prices()), NOW)


def shop() -> FakeAccount:
    """The tables of a shop: a global table, a stream that the job cannot use, a little capacity."""
    made = FakeAccount()
    made.add(
        "prod-orders-eu-central-1",
        _items(400, 900),
        ItemCount=804_112_331,
        TableSizeBytes=731_400_000_000,
        Replicas=[{"RegionName": "us-east-1"}, {"RegionName": "ap-southeast-1"}],
        DeletionProtectionEnabled=True,
        WarmThroughput={"ReadUnitsPerSecond": 24_000, "WriteUnitsPerSecond": 8_000},
    )
    made.add(
        "customers",
        _items(400, 300),
        ItemCount=20_417_332,
        TableSizeBytes=7_204_000_000,
        SSEDescription={"Status": "ENABLED", "SSEType": "KMS"},
        ProvisionedThroughput={"ReadCapacityUnits": 400, "WriteCapacityUnits": 200},
    )
    made.add(
        "sessions",
        _items(400, 150),
        ItemCount=48_220_119,
        TableSizeBytes=9_812_000_000,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        LatestStreamArn=f"{ARN}sessions/stream/2026-09-01T08:00:00.000",
    )
    made.add("carts", _items(60, 500), ItemCount=60, TableSizeBytes=31_000)
    made.answers["ListTagsOfResource"] = {"Tags": [{"Key": "team", "Value": "shop"}]}
    made.answers["DescribeLimits"] = {"TableMaxReadCapacityUnits": 40_000}
    return made


def _items(number: int, size: int) -> List[Dict[str, Any]]:
    """Items of `size` bytes and more."""
    return [
        {"pk": {"S": f"key-{at}"}, "text": {"S": "x" * (size + size * (at % 7) // 5)}} for at in range(number)
    ]
