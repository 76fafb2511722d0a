"""Ensures that the table exists at the target, in a state that the configuration allows."""

from __future__ import annotations

import enum
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from connectors.base.errors import PreflightError
from connectors.base.table_fault import FaultKind, TableError
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.faults import DENIED, ServiceError
from connectors.dynamodb.retry import concerns_one_table
from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.compare import index_warnings, require_same_key, ttl_warning
from connectors.dynamodb.tables.copy import create_request, ttl_request
from connectors.dynamodb.tables.description import TableDescription
from connectors.dynamodb.tables.wait import Wait, passes

EXISTS = frozenset({"ResourceInUseException", "TableAlreadyExistsException", "TableAlreadyExists"})


class Existing(str, enum.Enum):
    """What to do with a table that already exists at the target: the values of tables.existing."""

    KEEP = "keep"
    FAIL = "fail"
    RECREATE = "recreate"
    RENAME = "rename"
    """MongoDB only."""


class TableOptions(NamedTuple):
    """The section `tables` of the configuration. The default never drops anything."""

    existing: Existing = Existing.KEEP
    indexes: bool = True
    ttl: bool = True
    billing: bool = True


def ensure_target(
    source: TableDescription,
    ttl_attribute: Optional[str],
    target: Caller,
    options: TableOptions = TableOptions(),  # noqa: B008 - immutable
    first_attempt: bool = True,
    wait: Wait = Wait(),  # noqa: B008 - immutable
) -> List[str]:
    """Returns once the table accepts writes, with a warning for each difference from the source's table.

    Call it before the table's scan begins, and again only while no saved position of that scan exists:
    RECREATE drops the table at every call. `first_attempt` is False if an earlier attempt of the same run may
    have created the table, or written into it.

    Raises TableError or PreflightError if the table may not be used or the target refuses, TransientError if
    the table is not ready within `wait`. Safe to repeat after either.
    """
    existing = _settled(source, target, wait)
    if existing is not None and options.existing is Existing.RECREATE:
        _drop(source, target, wait)
        existing = None
    created = existing is None
    table = existing or _create(source, target, options, wait)
    require_same_key(source, table)
    if not created and first_attempt:
        _require_allowed(table, target, options)
    ttl = _ttl(source, ttl_attribute, target, options, created or not first_attempt, wait)
    return (index_warnings(source, table) if options.indexes else []) + ttl


def target_id(table: str, target: Caller) -> Optional[str]:
    """The table's TableId at the target, empty if the target has no such ids; None if the table does not
    exist. Raises as ensure_target."""
    with _explained(table, "describe it", "Check the rights of --polardbak."):
        description = api.describe_table(target, table)
    return description.TableId if description is not None else None


def own_source_problem(source: TableDescription, target: TableDescription) -> Optional[str]:
    """Why a target that is the source itself must not be changed, without the table's name."""
    if not source.same_table(target):
        return None
    return "polardb.endpoint leads to the source's own table (same TableId). Point it at the target"


def filled_problem() -> str:
    """Why FAIL refuses a table that contains items, without its name."""
    return (
        "the target's table holds items and tables.existing is fail. Set it to keep to write into the table, "
        "or to recreate, which DROPS it first"
    )


def _settled(source: TableDescription, target: Caller, wait: Wait) -> Optional[TableDescription]:
    """The target's table once it is neither being created nor deleted; None if it does not exist."""

    def describe() -> Optional[Tuple[Optional[TableDescription]]]:
        table = _describe(source, target)
        return None if table is not None and table.passing else (table,)

    what = f"table {source.TableName}: neither being created nor deleted at the target"
    return wait.until(what, describe)[0]


def _describe(source: TableDescription, target: Caller) -> Optional[TableDescription]:
    with _explained(source.TableName, "describe it", "Check the rights of --polardbak."):
        table = api.describe_table(target, source.TableName)
    problem = own_source_problem(source, table) if table else None
    if problem:
        raise PreflightError(f"table {source.TableName}: {problem}.")
    if table is not None and not (table.writable or table.passing):
        problem = f"its status at the target is {table.TableStatus}; it must be ACTIVE."
        raise TableError(source.TableName, FaultKind.TARGET_REFUSES, problem)
    return table


def _drop(source: TableDescription, target: Caller, wait: Wait) -> None:
    """Drop the table and wait until it no longer exists: until then it cannot be created."""
    name = source.TableName

    def gone() -> Optional[bool]:
        table = _describe(source, target)
        if table is not None:
            with _explained(name, "drop it (tables.existing: recreate)", "Set tables.existing: keep."):
                api.delete_table(target, name)
        return True if table is None else None

    wait.until(f"table {name}: dropped at the target", gone)


def _create(source: TableDescription, target: Caller, options: TableOptions, wait: Wait) -> TableDescription:
    """Create the table and wait until it accepts writes. Another client may create it meanwhile."""
    request = create_request(source, options.indexes, options.billing)

    def created() -> Optional[TableDescription]:
        table = _describe(source, target)
        if table is None:
            _ask(target, request["TableName"], request)
        return table if table is not None and table.writable else None

    return wait.until(f"table {source.TableName}: created at the target", created)


def _ask(target: Caller, name: str, request: Dict[str, Any]) -> None:
    hint = "tables.createIndexes: false creates it without its indexes; or create it yourself."
    try:
        with _explained(name, "create it", hint):
            api.create_table(target, request)
    except ServiceError as error:
        if error.code not in EXISTS:
            raise


def _require_allowed(table: TableDescription, target: Caller, options: TableOptions) -> None:
    if options.existing is not Existing.FAIL:
        return
    with _explained(table.TableName, "scan it", "Check the rights of --polardbak."):
        filled = api.has_items(target, table.TableName)
    if filled:
        raise TableError(table.TableName, FaultKind.TARGET_DIFFERS, f"{filled_problem()}.")


def _ttl(
    source: TableDescription,
    wanted: Optional[str],
    target: Caller,
    options: TableOptions,
    created_here: bool,
    wait: Wait,
) -> List[str]:
    """Set time to live if the job created the table; if the user did, or another attribute is set, only
    warn."""
    name = source.TableName

    def agreed() -> Optional[List[str]]:
        hint = "tables.copyTtl: false leaves it unchanged."
        with _explained(name, "describe or set its time to live", hint):
            current = api.describe_ttl(target, name)
            if created_here and wanted and not current:
                _set_ttl(target, name, wanted)
                return None
        warning = ttl_warning(name, wanted, current)
        return [warning] if warning else []

    return wait.until(f"table {name}: time to live set at the target", agreed) if options.ttl else []


def _set_ttl(target: Caller, name: str, attribute: str) -> None:
    try:
        api.update_ttl(target, ttl_request(name, attribute))
    except ServiceError as error:
        if not api.already_so(error):
            raise


@contextmanager
def _explained(table: str, doing: str, hint: str) -> Iterator[None]:
    """Convert a refusal to a TableError, or to a PreflightError if it concerns other tables too. Transient
    faults and "exists already" are raised unchanged."""
    try:
        yield
    except ServiceError as error:
        if passes(error) or error.code in EXISTS:
            raise
        problem = f"the target refuses to {doing}: {error.code}: {error.message}. {hint}"
        if concerns_one_table(error):
            denied = error.code in DENIED
            kind = FaultKind.TARGET_DENIED if denied else FaultKind.TARGET_REFUSES
            raise TableError(table, kind, problem) from error
        raise PreflightError(f"table {table}: {problem}") from error
