"""What the migration does not copy, as far as DescribeTable tells. Pure."""

from __future__ import annotations

from typing import Iterator

from connectors.command.assess.facts import LeftBehind, TableExtras
from connectors.config.choices import TargetName
from connectors.dynamodb.tables.description import TableDescription
from connectors.dynamodb.tables.stream import is_enabled

STANDARD = ("", "STANDARD")
UNLIMITED = -1


def left_behind(table: TableDescription, extras: TableExtras, target: TargetName) -> Iterator[LeftBehind]:
    yield from _replicas(extras)
    yield from _storage(extras)
    if extras.DeletionProtectionEnabled:
        yield LeftBehind(
            "deletion protection", "Any user with the right to drop tables can delete the target's table."
        )
    if is_enabled(table):
        yield LeftBehind(
            "readers of the stream",
            "A stream is enabled, so something may read it. DynamoDB does not tell what: list the Lambda "
            "functions with `aws lambda list-event-source-mappings --event-source-arn ARN`. The target has "
            "no stream. Each shard serves at most two readers, and the job is one of them.",
            table.LatestStreamArn,
        )
    yield from _capacity(table, extras, target)


def _replicas(extras: TableExtras) -> Iterator[LeftBehind]:
    regions = sorted(replica.RegionName for replica in extras.Replicas)
    if regions:
        yield LeftBehind(
            "replicas",
            "This is a global table. Only the table in dynamodb.region is copied, including the changes that "
            "arrive from other regions. The target has no replicas: move the writers of every region.",
            ", ".join(regions),
        )


def _storage(extras: TableExtras) -> Iterator[LeftBehind]:
    kind = extras.TableClassSummary.TableClass
    if kind not in STANDARD:
        yield LeftBehind(
            "table class",
            "The target has no table classes. Reads of this class cost more than the price list says.",
            kind,
        )
    if extras.SSEDescription.Status in ("ENABLED", "UPDATING"):
        yield LeftBehind(
            "encryption key",
            "The table is encrypted with a key of AWS KMS. The target encrypts with a key of its own, if at "
            "all: set it up there. The job's credentials may need kms:Decrypt.",
            extras.SSEDescription.SSEType,
        )


def _capacity(table: TableDescription, extras: TableExtras, target: TargetName) -> Iterator[LeftBehind]:
    units = table.ProvisionedThroughput
    if units.ReadCapacityUnits and target is TargetName.POLARDB:
        yield LeftBehind(
            "provisioned capacity",
            "PolarDB ignores capacity: choose the size of the cluster instead.",
            f"{units.ReadCapacityUnits:,} reads/s, {units.WriteCapacityUnits:,} writes/s",
        )
    elif units.ReadCapacityUnits:
        yield LeftBehind(
            "provisioned capacity",
            "MongoDB has no capacity per collection: choose the size of the cluster instead.",
            f"{units.ReadCapacityUnits:,} reads/s, {units.WriteCapacityUnits:,} writes/s",
        )
    warm = extras.WarmThroughput
    if warm.ReadUnitsPerSecond or warm.WriteUnitsPerSecond:
        yield LeftBehind(
            "warm throughput",
            "The target is not warmed up: load it before the cut-over as the application will.",
            f"{warm.ReadUnitsPerSecond:,} reads/s, {warm.WriteUnitsPerSecond:,} writes/s",
        )
    most = extras.OnDemandThroughput
    if most.MaxReadRequestUnits > 0 or most.MaxWriteRequestUnits > 0:
        yield LeftBehind(
            "maximum throughput",
            "The target has no limit per table: one application can use the whole cluster.",
            f"{_most(most.MaxReadRequestUnits)} reads/s, {_most(most.MaxWriteRequestUnits)} writes/s",
        )


def _most(units: int) -> str:
    return "unlimited" if units == UNLIMITED else f"{units:,}"
