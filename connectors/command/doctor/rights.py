"""The IAM actions that each job needs in DynamoDB, and the line about each. Pure."""

from __future__ import annotations

from typing import Iterator, List, NamedTuple, Set

from connectors.command.doctor.line import Line, green, yellow
from connectors.config import Settings
from connectors.config.choices import Direction, GapPolicy


class Right(NamedTuple):
    operation: str
    untried: str
    """The reason to give if the action could not be verified."""


ANSWER = "DynamoDB did not answer, or no table is included by the filter"
EMPTY = "no included table could be described"
SHARDLESS = "no included table has a stream with a shard yet"
BY_FORWARD = "`--job forward` tries it"
READS = [Right("ListTables", ANSWER), Right("DescribeTable", EMPTY)]
STREAMS = [Right(name, SHARDLESS) for name in ("DescribeStream", "GetShardIterator", "GetRecords")]
TTL, SCAN, POINT = Right("DescribeTimeToLive", EMPTY), Right("Scan", EMPTY), Right("BatchGetItem", EMPTY)
WRITE = "cannot be verified without writing"


def forward_rights(settings: Settings) -> List[Right]:
    """The rights in docs/migrate.md, section Permissions."""
    mode, rescan = settings.mode, settings.streams.gap is GapPolicy.RESCAN or bool(settings.tables.rescan)
    rights = [*READS, *([TTL] if settings.tables.copy_ttl else [])]
    if mode.scans or (mode.follows and rescan):
        rights.append(SCAN)
    if mode.follows:
        rights += STREAMS
        rights += [POINT] if rescan else []
        rights += (
            [Right("UpdateTable", f"{WRITE}; needed for tables without a stream")]
            if settings.streams.enable
            else []
        )
    return rights


def check_rights(settings: Settings) -> List[Right]:
    """The rights in docs/check.md."""
    repairs = settings.check.repair and settings.check.direction is Direction.REVERSE
    streams = [Right(right.operation, BY_FORWARD) for right in STREAMS] if settings.check.since else []
    return [*READS, TTL, SCAN, POINT, *streams, *([Right("BatchWriteItem", WRITE)] if repairs else [])]


def reverse_rights(settings: Settings) -> List[Right]:
    """The rights in docs/reverse.md, section Requirements."""
    rights = [*READS, Right("BatchWriteItem", WRITE)]
    if settings.reverse.truncate == "delete":
        rights.append(SCAN)
    if settings.reverse.missing_table == "create":
        rights.append(Right("CreateTable", WRITE))
    return rights


def right_lines(rights: List[Right], allowed: Set[str], denied: Set[str]) -> Iterator[Line]:
    """A line for each right that was not denied. A denied call has already reported its own problem.

    One line for all of them if no call was answered: its cause has a line of its own.
    """
    if not allowed and not denied:
        names = ", ".join(right.operation for right in rights)
        yield yellow("right", f"not verified, because DynamoDB did not answer: {names}")
        return
    for right in rights:
        if right.operation in denied:
            continue
        if right.operation in allowed:
            yield green("right", f"dynamodb:{right.operation}: allowed")
        else:
            yield yellow("right", f"dynamodb:{right.operation}: not verified: {right.untried}")
