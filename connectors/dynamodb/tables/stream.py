"""The stream of a source table: whether it contains what a replica needs, and enabling it."""

from __future__ import annotations

from typing import Optional

from connectors.base.errors import PreflightError
from connectors.base.table_fault import FaultKind, TableError
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.retry import concerns_one_table
from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.description import TableDescription
from connectors.dynamodb.tables.wait import Wait, passes

FIT = ("NEW_AND_OLD_IMAGES", "NEW_IMAGE")
"""View types whose records contain the whole new item."""


def is_enabled(table: TableDescription) -> bool:
    """Decided by the specification: LatestStreamArn is still present after a stream has been disabled."""
    return table.StreamSpecification.StreamEnabled


def stream_problem(table: TableDescription, may_enable: bool) -> Optional[str]:
    """Why the table's stream cannot be used and what to do, without the table's name; None if it can."""
    view = table.StreamSpecification.StreamViewType
    if not is_enabled(table):
        return None if may_enable else _MISSING
    if view in FIT:
        return None
    return (
        f"its stream's view type is {view}, which does not hold the new items. View types that do: "
        f"{', '.join(FIT)}. Disable the stream and enable it again with one of them (other readers of the "
        f"stream must move to its new ARN), or exclude the table with filter.blackTableSet"
    )


_MISSING = (
    "it has no enabled stream. Set streams.enable: true to let the job enable it, enable it yourself with "
    "NEW_AND_OLD_IMAGES, or use mode: full"
)


def ensure_stream(
    table: TableDescription,
    source: Caller,
    may_enable: bool,
    wait: Wait = Wait(),  # noqa: B008 - immutable
) -> str:
    """The stream's ARN, once it is enabled and the table is ACTIVE.

    Raises TableError if the stream is missing and may not be enabled, if its view type does not fit, or if
    the service refuses; TransientError if it takes longer than `wait` allows.
    """

    def step() -> Optional[str]:
        now = api.describe_table(source, table.TableName)
        if now is None:
            raise TableError(table.TableName, FaultKind.SOURCE_GONE, "no longer exists at the source.")
        return _advance(now, source, may_enable)

    _require(table, may_enable)
    if _ready(table):
        return table.LatestStreamArn
    return wait.until(f"table {table.TableName}: stream enabled and table ACTIVE", step)


def _ready(table: TableDescription) -> bool:
    return is_enabled(table) and bool(table.LatestStreamArn) and table.TableStatus in ("", "ACTIVE")


def _advance(table: TableDescription, source: Caller, may_enable: bool) -> Optional[str]:
    """One step: returns the ARN, or None after a request to enable the stream where it is still missing."""
    _require(table, may_enable)
    if _ready(table):
        return table.LatestStreamArn
    if not is_enabled(table):
        _enable(source, table.TableName)
    return None


def _enable(source: Caller, table: str) -> None:
    try:
        api.enable_stream(source, table)
    except ServiceError as error:
        # Another client was faster, or DescribeTable, which lags behind, does not show this request yet.
        if api.already_so(error):
            return
        if passes(error):
            raise
        problem = (
            f"its stream could not be enabled: {error.code}: {error.message}. Allow "
            f"dynamodb:UpdateTable for the credentials of --dynamodbak, or enable it yourself with "
            f"{api.STREAM_VIEW} and set streams.enable: false."
        )
        if concerns_one_table(error):
            raise TableError(table, FaultKind.STREAM_UNFIT, problem) from error
        raise PreflightError(f"table {table}: {problem}") from error


def _require(table: TableDescription, may_enable: bool) -> None:
    problem = stream_problem(table, may_enable)
    if problem:
        raise TableError(table.TableName, FaultKind.STREAM_UNFIT, f"{problem}.")
