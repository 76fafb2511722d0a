"""Which errors belong to one table. Pure: decided by types and codes, never by words.

1. A transient error belongs to no table: it is retried.
2. A gap, and a TableError of this table, belong to the table.
3. An error answer of the service to a request for the table belongs to it if its code says so:
   connectors.dynamodb.retry.concerns_one_table. Refused credentials, a wrong endpoint or a clock that is
   wrong affect every table.
4. Everything else ends the job.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

from connectors.base.errors import GapError
from connectors.base.table_fault import FaultKind, TableError
from connectors.dynamodb.faults import DENIED, NO_TABLE, ServiceError
from connectors.dynamodb.retry import concerns_one_table


class Fault(NamedTuple):
    kind: FaultKind
    reason: str


def fault_of(error: BaseException, table: str, of_target: bool = False) -> Optional[Fault]:
    """The fault of the table, or None if the error is not the table's alone. The error was raised by work for
    this table. `of_target`: by a request to the target."""
    if isinstance(error, GapError):
        return Fault(FaultKind.GAP, error.reason) if error.table == table else None
    if isinstance(error, TableError):
        return Fault(error.kind, str(error)) if error.table == table else None
    if isinstance(error, ServiceError) and error.table in ("", table) and concerns_one_table(error):
        return Fault(_kind(error, of_target), f"table {table}: {error}")
    return None


def _kind(error: ServiceError, of_target: bool) -> FaultKind:
    if error.code in NO_TABLE:
        return FaultKind.TARGET_GONE if of_target else _gone(error)
    if error.code in DENIED:
        return FaultKind.TARGET_DENIED if of_target else FaultKind.SOURCE_DENIED
    return FaultKind.OTHER


def _gone(error: ServiceError) -> FaultKind:
    """A stream that does not exist is a gap. Whether its table exists is found out separately."""
    return FaultKind.GAP if error.operation == "DescribeStream" else FaultKind.SOURCE_GONE
