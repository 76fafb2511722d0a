"""The end of a check: hears all lanes, keeps the report, and knows when everything is compared. No Flink.

It keeps no state of its own: after a restart every lane tells again what it has confirmed, and the report is
written anew from that.
"""

from __future__ import annotations

import time
from typing import Callable, Dict, List, Optional, Set, Tuple

import msgspec

from connectors.check.notices import DifferenceFound, TableChecked, decode
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


class ReportCollector:
    def __init__(
        self, run: CheckRun, lanes: int, report: ReportSink, clock: Callable[[], float] = time.time
    ) -> None:
        """`run`: what was known when the job was submitted; its end and its repair are filled in here."""
        self._run, self._lanes, self._report, self._clock = run, lanes, report, clock
        self._plan: Optional[List[PlannedTable]] = None
        self._counts: Dict[str, Dict[int, CheckCounts]] = {}
        self._known: Set[Tuple[str, bytes]] = set()
        self._summary: Optional[Summary] = None
        report.rewrite([])

    def take(self, notice: str) -> Optional[Summary]:
        """The summary, once, when this was the last notice that was waited for: the report is written
        then."""
        found = decode(notice)
        if isinstance(found, DifferenceFound):
            self._add(difference.decode(found.line))
        elif isinstance(found, TableChecked):
            self._counts.setdefault(found.counts.table, {})[found.lane] = found.counts
        else:
            self._plan = found.tables
        if self._summary is not None or not self._complete:
            return None
        self._summary = self._summarise()
        self._report.publish(self._summary)
        return self._summary

    def close(self) -> None:
        self._report.close()

    def _add(self, found: Difference) -> None:
        name = (found.table, bytes(found.key))
        if name not in self._known:
            self._known.add(name)
            self._report.add([found])

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
    """One table's, over all lanes."""

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
            f"{unexamined:,} more keys look different and were not looked at one by one: see check.suspects"
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
    """What was repaired, or what would be; None where there is nothing to tell."""

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
