"""The chain that a check leaves for the generations after it. Pure."""

from __future__ import annotations

from typing import Dict, List, Optional

from connectors.check.changes.chain import (
    MOST_KEYS,
    Chain,
    ChainLink,
    ChainTable,
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
) -> Optional[Chain]:
    """The chain after one more generation; None if it could not compare everything."""
    if not continuable(summary, open_):
        return None
    link = link_of(chain.last.generation + 1, started, summary, ended, open_)
    return extended(chain, link, tables, open_)


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
