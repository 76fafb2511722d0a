"""Whether a check's report proves that both sides are equal. Pure."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import FrozenSet, Iterable, NamedTuple, Optional

import msgspec

from connectors.base.errors import TerminalError
from connectors.base.text import duration, timestamp
from connectors.check.changes.chain import Chain
from connectors.check.changes.stored import end_chain, latest_chain, turn_chain
from connectors.check.report.files import SUMMARY
from connectors.check.report.stored import stored_lines
from connectors.check.report.summary import ReportSide, Scope, Summary
from connectors.check.report.summary import Verdict as CheckVerdict
from connectors.check.report.words import headline, meaning
from connectors.command.cutover.ports import CheckReports
from connectors.command.cutover.verdict import StepVerdict, passed, refused
from connectors.config.choices import Direction
from connectors.config.settings import Settings
from connectors.model.metric_names import metric_name


class ReportRequirement(NamedTuple):
    """What a report must satisfy to be accepted."""

    direction: Direction
    source: ReportSide
    """The side that is authoritative in this direction."""
    target: ReportSide
    since: float
    """The check must have begun at or after this time: epoch seconds."""
    now: float
    tables: FrozenSet[str] = frozenset()
    """Tables that the check must have compared, as Flink's metrics spell them."""
    position: int = 0
    """In PolarDB's log: a check of the changes must cover everything before it. 0 in the forward
    direction."""

    def lacking(self, tables: Iterable[str]) -> str:
        """One that is not among these; empty if there is none."""
        return min(self.tables - set(map(metric_name, tables)), default="")


def unfit(summary: Optional[Summary], wanted: ReportRequirement) -> Optional[str]:
    """Why this report cannot be accepted, whatever its verdict; None if it can. A new check may help."""
    if summary is None:
        return "there is no report of a check"
    if summary.direction is not wanted.direction:
        return f"the last check was {summary.direction.value}, not {wanted.direction.value}"
    if (summary.source, summary.target) != (wanted.source, wanted.target):
        ends = f"{summary.source.endpoint} with {summary.target.endpoint}"
        return f"the last check compared {ends}, but the configuration has other addresses"
    if summary.mode.scope is not Scope.ALL:
        return "the last check did not compare all items"
    lacking = wanted.lacking(table.table for table in summary.tables)
    if lacking:
        return f"the last check did not compare table {lacking}"
    began = seconds(summary.started)
    if began < wanted.since:
        return f"the last check began at {summary.started}, before {timestamp(wanted.since)}"
    return None


def equal(summary: Summary, wanted: ReportRequirement) -> StepVerdict:
    """The verdict of a report for which `unfit` returns None."""
    age = duration(max(0.0, wanted.now - seconds(summary.ended)))
    saw = f"{headline(summary)}: {_counts(summary)}; the check ended at {summary.ended}, {age} ago"
    if summary.left_out:
        saw += f"; excluded by the filter: {', '.join(summary.left_out)}"
    if summary.verdict is CheckVerdict.DIFFERENT:
        return refused(
            saw, f"See report.html. Fix the differences, or check with --repair. {meaning(summary)}"
        )
    if summary.verdict is CheckVerdict.INCOMPLETE:
        return refused(f"{saw}; {'; '.join(summary.problems)}", "Fix these problems and check again.")
    if not summary.totals.equal:
        return refused(saw, "Both sides are empty. Check that the configuration names the right ones.")
    return passed(saw)


def seconds(text: str) -> float:
    """A report's time as seconds since 1970."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()


def _counts(summary: Summary) -> str:
    totals = summary.totals
    differing = f", {totals.differences():,} differ" if totals.differences() else ""
    return f"{totals.equal:,} items in {len(summary.tables):,} tables equal{differing}"


_decode = msgspec.json.Decoder(Summary).decode


class StoredReports(CheckReports):
    def __init__(self, place: str, settings: Settings) -> None:
        self._place, self._settings = place, settings

    def chain(self) -> Optional[Chain]:
        """Raises BrokenChain, TerminalError or TransientError."""
        return latest_chain(self._place, self._settings)

    def end_chain(self) -> None:
        """Raises TerminalError or TransientError."""
        end_chain(self._place, self._settings)

    def turn_chain(self, chain: Chain) -> None:
        """Raises TerminalError or TransientError."""
        turn_chain(self._place, chain, self._settings)

    def last(self) -> Optional[Summary]:
        """Raises TerminalError or TransientError."""
        body = b"".join(stored_lines(self._place, SUMMARY, self._settings))
        if not body:
            return None
        try:
            return _decode(body)
        except msgspec.DecodeError as error:
            raise TerminalError(
                f"{self._place}/{SUMMARY} cannot be read as a check's report: {error}"
            ) from error
