"""The end of a check: collects the notices of all lanes, writes the report, and decides when the check is
complete. No Flink.

It has no state of its own. After a restart every lane reports its confirmed differences again, and the report
is rewritten.
"""

from __future__ import annotations

import time
from typing import Callable, Dict, List, Optional, Set, Tuple

import msgspec

from connectors.check.changes.chain import OpenKeys
from connectors.check.notices import DifferenceFound, KeyFollows, TableChecked, decode
from connectors.check.report import difference
from connectors.check.report.difference import Difference
from connectors.check.report.files import ReportSink
from connectors.check.report.summary import (
    CheckMode,
    CheckRun,
    Repair,
    Scope,
    Summary,
    TableResult,
    summarise,
)
from connectors.check.table import CheckCounts
from connectors.model.notices import PlannedTable

ChainOf = Callable[[Summary, List[PlannedTable], OpenKeys], Optional[bytes]]
"""The contents of the chain's file after a check with these tables and open keys; None if no check of changes
can continue it."""


def no_chain(summary: Summary, planned: List[PlannedTable], open_: OpenKeys) -> Optional[bytes]:
    return None


class ReportCollector:
    def __init__(
        self,
        run: CheckRun,
        lanes: int,
        report: ReportSink,
        clock: Callable[[], float] = time.time,
        chain_of: ChainOf = no_chain,
    ) -> None:
        """`run`: the facts that were known at the submission. This class adds the end and the repair."""
        self._run, self._lanes, self._report, self._clock = run, lanes, report, clock
        self._chain_of = chain_of
        self._open: Set[Tuple[str, bytes]] = set()
        self._plan: Optional[List[PlannedTable]] = None
        self._counts: Dict[str, Dict[int, CheckCounts]] = {}
        self._known: Set[Tuple[str, bytes]] = set()
        self._summary: Optional[Summary] = None
        report.rewrite([])

    def take(self, notice: str) -> Optional[Summary]:
        """Process a notice. Writes the report and returns the summary after the last notice, otherwise
        None."""
        message = decode(notice)
        if isinstance(message, DifferenceFound):
            self._add(difference.decode(message.line))
        elif isinstance(message, KeyFollows):
            self._open.add((message.table, bytes(message.key)))
        elif isinstance(message, TableChecked):
            self._counts.setdefault(message.counts.table, {})[message.lane] = message.counts
        else:
            self._plan = message.tables
        if self._summary is not None or not self._complete:
            return None
        self._summary = self._summarise()
        chain = self._chain_of(self._summary, self._plan or [], self._open_keys())
        self._report.publish(self._summary)
        if chain is not None:
            self._report.put_chain(chain)
        return self._summary

    def close(self) -> None:
        self._report.close()

    def _add(self, line: Difference) -> None:
        name = (line.table, bytes(line.key))
        if name not in self._known:
            self._known.add(name)
            self._report.add([line])
            if not line.repaired:
                self._open.add(name)

    def _open_keys(self) -> OpenKeys:
        keys: OpenKeys = {}
        for table, key in sorted(self._open):
            keys.setdefault(table, []).append(msgspec.Raw(key))
        return keys

    @property
    def _complete(self) -> bool:
        return self._plan is not None and all(
            len(self._counts.get(planned.table, ())) == self._lanes for planned in self._plan
        )

    def _summarise(self) -> Summary:
        planned = self._plan or []
        results = [
            result_of(each, list(self._counts[each.table].values()), self._run.mode) for each in planned
        ]
        everything = [counts for lanes in self._counts.values() for counts in lanes.values()]
        run = msgspec.structs.replace(
            self._run, ended=self._clock(), repair=repair_of(everything, self._run.repair)
        )
        return summarise(run, results)


def result_of(planned: PlannedTable, lanes: List[CheckCounts], mode: CheckMode) -> TableResult:
    """The result of one table, over all lanes."""

    def total(name: str) -> int:
        return sum(getattr(counts, name) for counts in lanes)

    settled, repaired = total("settled"), total("repaired")
    equal = total("equal") + settled + repaired
    missing, extra, different = total("missing"), total("extra"), total("different")
    unexamined = total("unexamined")
    compared = equal + missing + extra + different
    scanned = mode.scope is Scope.ALL
    return TableResult(
        table=planned.table,
        schema_differences=planned.schema_differences,
        problem=(
            f"{unexamined:,} more keys differed and were not read again: see check.suspects"
            if unexamined
            else None
        ),
        segments=planned.parts if scanned else 0,
        seconds=round(max(0.0, max(c.ended for c in lanes) - min(c.began for c in lanes)), 1),
        source_items=total("source_items") if scanned else compared - extra,
        target_items=total("target_items") if scanned else compared - missing,
        compared=compared,
        equal=equal,
        missing=missing,
        extra=extra,
        different=different,
        changing=total("changing"),
        settled=settled,
        lag_seconds=max((c.lag for c in lanes if c.lag is not None), default=None),
        repaired=repaired,
        source_units=sum(counts.source_units for counts in lanes) or None,
        target_units=sum(counts.target_units for counts in lanes) or None,
    )


def repair_of(everything: List[CheckCounts], wanted: Optional[Repair]) -> Optional[Repair]:
    """The repairs that were made, or that would be made; None if there is nothing to report."""

    def total(name: str) -> int:
        return sum(getattr(counts, name) for counts in everything)

    if wanted is not None and wanted.done:
        return Repair(
            done=True,
            write=total("repaired") - total("deleted"),
            delete=total("deleted"),
            keep=total("extra"),
            refused=total("refused"),
        )
    write, keep = total("missing") + total("different"), total("extra")
    return Repair(done=False, write=write, keep=keep) if write or keep else None
