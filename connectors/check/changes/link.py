"""The chain that a check leaves for the generations after it. Pure."""

from __future__ import annotations

from typing import Dict, List, Optional

import msgspec

from connectors.check.changes.chain import (
    MOST_KEYS,
    Chain,
    ChainLink,
    ChainTable,
    LogState,
    OpenKeys,
    Selection,
    extended,
    sealed,
)
from connectors.check.chosen import is_document_id
from connectors.check.report.summary import CheckRun, Scope, Summary, Verdict
from connectors.config.choices import Direction
from connectors.model.notices import PlannedTable


def root_chain(
    run: CheckRun,
    selection: Selection,
    identity: str,
    summary: Summary,
    planned: List[PlannedTable],
    open_: OpenKeys,
) -> Optional[bytes]:
    """The chain after a full check. `identity`: a name that no other check has.

    None if it is not a complete check of all items in the forward direction, because only DynamoDB's streams
    hold the changes. Also if a generation could not compare all differences again: they are too many, or
    documents without a key of their table.
    """
    whole = run.mode.scope is Scope.ALL and run.direction is Direction.FORWARD
    if not whole or not continuable(summary, open_):
        return None
    tables = {
        table.table: ChainTable(arn=table.arn, table_id=table.source_id, since=table.since or run.started)
        for table in planned
    }
    started = min((table.since for table in tables.values()), default=run.started)
    chain = Chain(
        root=identity,
        source=run.source,
        target=run.target,
        selection=selection,
        left_out=list(run.left_out),
        links=[link_of(0, started, summary, run.ended, open_)],
        tables=tables,
        open=open_,
    )
    return sealed(chain)


def next_chain(
    chain: Chain,
    started: float,
    ended: float,
    tables: Dict[str, ChainTable],
    summary: Summary,
    open_: OpenKeys,
    log: Optional[LogState] = None,
) -> Optional[Chain]:
    """The chain after one more generation; None if it could not compare everything."""
    if not continuable(summary, open_):
        return None
    link = link_of(chain.last.generation + 1, started, summary, ended, open_)
    return extended(chain, link, tables, open_, log)


def turned_back(chain: Chain, since: float, log: LogState) -> Optional[Chain]:
    """The chain for the way back, from the log's position at the switch on.

    None unless the last check of the chain began after `since`, when nothing was written any more, and found
    each item equal.
    """
    return _turned(chain, log) if chain.log is None and _proven(chain, since) else None


def turned_forward(chain: Chain, since: float, position: int) -> Optional[Chain]:
    """The chain after a rollback. Its next generation reads the streams from the last check on.

    None as for `turned_back`, and unless the last check has covered the log up to `position`.
    """
    covered = chain.log is not None and min(chain.log.positions.values(), default=0) >= position
    return _turned(chain, None) if covered and _proven(chain, since) else None


def _proven(chain: Chain, since: float) -> bool:
    last = chain.last
    return last.verdict is Verdict.EQUAL and not (last.open or chain.open) and last.started >= since


def _turned(chain: Chain, log: Optional[LogState]) -> Chain:
    tables = {
        name: msgspec.structs.replace(table, state=None, since=chain.last.started)
        for name, table in chain.tables.items()
    }
    return msgspec.structs.replace(chain, source=chain.target, target=chain.source, tables=tables, log=log)


def continuable(summary: Summary, open_: OpenKeys) -> bool:
    complete = summary.verdict is not Verdict.INCOMPLETE and not summary.problems
    keys = [key for table in open_.values() for key in table]
    return complete and len(keys) <= MOST_KEYS and not any(map(is_document_id, keys))


def link_of(generation: int, started: float, summary: Summary, ended: float, open_: OpenKeys) -> ChainLink:
    return ChainLink(
        generation=generation,
        started=started,
        ended=ended,
        verdict=summary.verdict,
        keys=summary.totals.compared,
        differences=summary.totals.differences(),
        open=sum(map(len, open_.values())),
    )
