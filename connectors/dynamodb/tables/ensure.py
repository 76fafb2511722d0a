"""Making sure that the target has the table, in the state that the user allows it to be in."""

from __future__ import annotations

import enum
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from connectors.base.errors import PreflightError
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.compare import index_warnings, require_same_key, ttl_warning
from connectors.dynamodb.tables.copy import create_request, ttl_request
from connectors.dynamodb.tables.description import TableDescription
from connectors.dynamodb.tables.wait import Wait, passes

EXISTS = frozenset({"ResourceInUseException", "TableAlreadyExistsException", "TableAlreadyExists"})


class Existing(str, enum.Enum):
    """What to do with a table that is already at the target: the values of tables.existing."""

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
    """Returns once the table takes writes, with a warning for each way in which it is not like the source's.

    To be called before the table's scan begins, and again only while no saved position of that scan
    exists: RECREATE drops at every call. `first_attempt` is False when an earlier attempt of the same run
    may have made the table, or written into it.

    Raises PreflightError when the table may not be used or the target refuses, TransientError when the
    target does not get there within `wait`. Safe to repeat after either.
    """
    found = _settled(source, target, wait)
    if found is not None and options.existing is Existing.RECREATE:
        _drop(source, target, wait)
        found = None
    made = found is None
    table = found or _create(source, target, options, wait)
    require_same_key(source, table)
    if not made and first_attempt:
        _require_allowed(table, target, options)
    ttl = _ttl(source, ttl_attribute, target, options, made or not first_attempt, wait)
    return (index_warnings(source, table) if options.indexes else []) + ttl


def own_source_problem(source: TableDescription, target: TableDescription) -> Optional[str]:
    """Why a target that leads back to the source must not be touched, without the table's name."""
    if not source.same_table(target):
        return None
    return "polardb.endpoint leads to the source's own table (same TableId). Point it at the target"


def filled_problem() -> str:
    """Why FAIL refuses a table that holds items, without its name."""
    return (
        "the target's table holds items and tables.existing is fail. Set it to keep to write into the table, "
        "or to recreate, which DROPS it first"
    )


def _settled(source: TableDescription, target: Caller, wait: Wait) -> Optional[TableDescription]:
    """The target's table once it is neither being created nor deleted; None when there is none."""

    def look() -> Optional[Tuple[Optional[TableDescription]]]:
        found = _look(source, target)
        return None if found is not None and found.passing else (found,)

    return wait.until(f"table {source.TableName}: settled at the target", look)[0]


def _look(source: TableDescription, target: Caller) -> Optional[TableDescription]:
    with _explained(source.TableName, "describe it", "Check the rights of --polardbak."):
        found = api.describe_table(target, source.TableName)
    problem = own_source_problem(source, found) if found else None
    if found is not None and not (found.writable or found.passing):
        problem = f"its status at the target is {found.TableStatus}; it must be ACTIVE"
    if problem:
        raise PreflightError(f"table {source.TableName}: {problem}.")
    return found


def _drop(source: TableDescription, target: Caller, wait: Wait) -> None:
    """Until it is gone: a table that is still being deleted refuses to be created."""
    name = source.TableName

    def gone() -> Optional[bool]:
        found = _look(source, target)
        if found is not None:
            with _explained(name, "drop it (tables.existing: recreate)", "Set tables.existing: keep."):
                api.delete_table(target, name)
        return True if found is None else None

    wait.until(f"table {name}: dropped at the target", gone)


def _create(source: TableDescription, target: Caller, options: TableOptions, wait: Wait) -> TableDescription:
    """Create until it is there and takes writes. That another did it meanwhile is as good."""
    request = create_request(source, options.indexes, options.billing)

    def made() -> Optional[TableDescription]:
        found = _look(source, target)
        if found is None:
            _ask(target, request["TableName"], request)
        return found if found is not None and found.writable else None

    return wait.until(f"table {source.TableName}: created at the target", made)


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
        raise PreflightError(f"table {table.TableName}: {filled_problem()}.")


def _ttl(
    source: TableDescription,
    wanted: Optional[str],
    target: Caller,
    options: TableOptions,
    ours: bool,
    wait: Wait,
) -> List[str]:
    """Set it where the table is `ours`; where the user made it, or another attribute is set, only warn."""
    name = source.TableName

    def agreed() -> Optional[List[str]]:
        with _explained(name, "tell or set its time to live", "tables.copyTtl: false leaves it as it is."):
            current = api.describe_ttl(target, name)
            if ours and wanted and not current:
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
    """A refusal as a PreflightError; what may pass by itself, and "exists already", stay as they are."""
    try:
        yield
    except ServiceError as error:
        if passes(error) or error.code in EXISTS:
            raise
        raise PreflightError(
            f"table {table}: the target refuses to {doing}: {error.code}: {error.message}. {hint}"
        ) from error
