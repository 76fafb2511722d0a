"""The tables of a chain and their streams, as the source describes them at the begin and the end of a
generation."""

from __future__ import annotations

from concurrent.futures import Executor
from functools import partial
from typing import Dict, NamedTuple, Sequence

from connectors.check.changes.chain import BrokenChain, ChainTable
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.streams.gap import replaced
from connectors.dynamodb.tables.api import describe_dated
from connectors.dynamodb.tables.stream import is_enabled
from connectors.model.keys import KeySchema


class LiveTable(NamedTuple):
    schema: KeySchema
    date: float
    """The service's clock when it described the table: epoch seconds. Its stream was still the chain's."""


def live_tables(caller: Caller, tables: Dict[str, ChainTable], pool: Executor) -> Dict[str, LiveTable]:
    """Raises BrokenChain if a table or its stream is not the one of the chain any more."""
    names: Sequence[str] = sorted(tables)
    live = pool.map(partial(_live_table, caller), names, [tables[name] for name in names])
    return dict(zip(names, live))


def _live_table(caller: Caller, name: str, table: ChainTable) -> LiveTable:
    description = describe_dated(caller, name)
    if description is None:
        raise BrokenChain(f"table {name} no longer exists at the source")
    now = description.table
    if table.table_id and now.TableId != table.table_id:
        raise BrokenChain(f"table {name} was deleted and created again")
    reason = replaced(table.arn, now.LatestStreamArn if is_enabled(now) else "")
    if reason:
        raise BrokenChain(f"table {name}: {reason}, so changes are not in it")
    return LiveTable(now.key_schema, description.date)
