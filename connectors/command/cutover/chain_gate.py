"""Whether a full check and the generations after it prove that both sides are equal. Pure."""

from __future__ import annotations

from typing import Optional

from connectors.base.text import duration, plural, timestamp
from connectors.check.changes.chain import Chain
from connectors.check.report.summary import Verdict
from connectors.command.cutover.report_gate import ReportRequirement
from connectors.command.cutover.verdict import StepVerdict, passed, refused
from connectors.config.choices import Direction

NO_CHAIN_BACK = "the cut-over has left no chain of checks for the way back"


def useless(chain: Optional[Chain], wanted: ReportRequirement, oldest: float) -> Optional[str]:
    """Why no generation after this chain can prove it; None if one can. `oldest`: the full check must have
    begun at or after this time (epoch seconds)."""
    back = wanted.direction is Direction.REVERSE
    if chain is None:
        return NO_CHAIN_BACK if back else "no check of all items can be continued"
    if back is not (chain.log is not None):
        return "the chain of checks is of the other direction"
    if (chain.source, chain.target) != (wanted.source, wanted.target):
        return "the last check compared other addresses"
    lacking = wanted.lacking(chain.tables)
    if lacking:
        return f"the last check did not compare table {lacking}"
    if chain.full.started < oldest:
        return f"the full check began at {timestamp(chain.full.started)}, before {timestamp(oldest)}"
    return None


def closes(chain: Chain, wanted: ReportRequirement) -> bool:
    """Whether the last generation began late enough. Every change before its begin is then covered."""
    if chain.log and min(chain.log.positions.values(), default=0) < wanted.position:
        return False
    return chain.last.generation > 0 and chain.last.started >= wanted.since


def equal_chain(chain: Chain, wanted: ReportRequirement) -> StepVerdict:
    """The verdict of a chain for which `useless` returns None and `closes` is true."""
    last = chain.last
    age = duration(max(0.0, wanted.now - last.ended))
    saw = (
        f"full check of {timestamp(chain.full.started)}, then {plural(last.generation, 'generation')}; "
        f"the last began at {timestamp(last.started)}, compared {plural(last.keys, 'changed key')} and ended "
        f"{age} ago"
    )
    if chain.left_out:
        saw += f"; excluded by the filter: {', '.join(chain.left_out)}"
    if last.verdict is not Verdict.EQUAL:
        return refused(
            f"DIFFERENT: {last.differences:,} differ. {saw}",
            "See changes/report.html in the folder of the report. Fix the differences, or check them with "
            "--repair, and run this command again.",
        )
    if last.open:
        return refused(f"{plural(last.open, 'key')} kept changing. {saw}", "Run this command again.")
    return passed(f"EQUAL: {saw}")
