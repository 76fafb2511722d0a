"""The calls about one table other than DescribeTable, and what each answer means. Pure."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List, NamedTuple

from connectors.command.assess.facts import LeftBehind, TableExtras
from connectors.dynamodb.tables.description import TableDescription

Body = Dict[str, Any]
ABSENT_CODES = frozenset({"PolicyNotFoundException"})
"""An error code that means: the table has no such thing."""
SHOWN_TAGS = 10


class SourceQuestion(NamedTuple):
    what: str
    """A noun; it completes "X: not known"."""
    operation: str
    request: Callable[[TableDescription, TableExtras], Body]
    """Empty: the question does not concern this table."""
    read: Callable[[Body], Iterator[LeftBehind]]
    """Raises KeyError, TypeError, ValueError or AttributeError if the answer has another shape."""


def _by_name(table: TableDescription, extras: TableExtras) -> Body:
    return {"TableName": table.TableName}


def _by_arn(table: TableDescription, extras: TableExtras) -> Body:
    return {"ResourceArn": extras.TableArn} if extras.TableArn else {}


def _provisioned(table: TableDescription, extras: TableExtras) -> Body:
    return _by_name(table, extras) if table.ProvisionedThroughput.ReadCapacityUnits else {}


def _recovery(answer: Body) -> Iterator[LeftBehind]:
    described = answer["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
    if described.get("PointInTimeRecoveryStatus") == "ENABLED":
        days = described.get("RecoveryPeriodInDays")
        yield LeftBehind(
            "point-in-time recovery",
            "Set up backups of the target before the cut-over.",
            f"{int(days)} days" if days else "",
        )


def _backups(answer: Body) -> Iterator[LeftBehind]:
    if answer["BackupSummaries"]:
        yield LeftBehind(
            "backups", "They stay at AWS, and restore a DynamoDB table only. Keep them as long as you must."
        )


def _tags(answer: Body) -> Iterator[LeftBehind]:
    names: List[str] = sorted(str(tag["Key"]) for tag in answer["Tags"])
    if names:
        more = f" and {len(names) - SHOWN_TAGS} more" if len(names) > SHOWN_TAGS else ""
        yield LeftBehind(
            "tags",
            "Cost allocation and access rules that are based on tags do not apply to the target.",
            ", ".join(names[:SHOWN_TAGS]) + more,
        )


def _policy(answer: Body) -> Iterator[LeftBehind]:
    if answer["Policy"]:
        yield LeftBehind(
            "resource policy",
            "It grants or denies access to this table. Give the target's users the same rights.",
        )


def _kinesis(answer: Body) -> Iterator[LeftBehind]:
    active = [
        each for each in answer["KinesisDataStreamDestinations"] if each["DestinationStatus"] != "DISABLED"
    ]
    if active:
        yield LeftBehind(
            "Kinesis data stream",
            "Its consumers get no changes after the cut-over.",
            ", ".join(sorted(str(each.get("StreamArn", "")) for each in active)),
        )


def _autoscaling(answer: Body) -> Iterator[LeftBehind]:
    replicas = answer["TableAutoScalingDescription"].get("Replicas") or []
    names = (
        "ReplicaProvisionedReadCapacityAutoScalingSettings",
        "ReplicaProvisionedWriteCapacityAutoScalingSettings",
    )
    scaled = [
        f"{name[len('ReplicaProvisioned') :][: -len('CapacityAutoScalingSettings')].lower()}s up to "
        f"{int(settings['MaximumUnits']):,}/s"
        for replica in replicas
        for name in names
        for settings in [replica.get(name) or {}]
        if settings.get("MaximumUnits") and not settings.get("AutoScalingDisabled")
    ]
    if scaled:
        yield LeftBehind(
            "autoscaling",
            "The target does not scale by table. Choose the size of the cluster for the highest load.",
            ", ".join(sorted(set(scaled))),
        )


QUESTIONS = (
    SourceQuestion("point-in-time recovery", "DescribeContinuousBackups", _by_name, _recovery),
    SourceQuestion("backups", "ListBackups", lambda t, e: {**_by_name(t, e), "Limit": 1}, _backups),
    SourceQuestion("tags", "ListTagsOfResource", _by_arn, _tags),
    SourceQuestion("resource policy", "GetResourcePolicy", _by_arn, _policy),
    SourceQuestion("Kinesis data stream", "DescribeKinesisStreamingDestination", _by_name, _kinesis),
    SourceQuestion("autoscaling", "DescribeTableReplicaAutoScaling", _provisioned, _autoscaling),
)
