"""The three comparisons at the end of a demo: both sides, copy and ledger, and the check job."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import NamedTuple, Tuple

from connectors.base.text import duration
from local.demo import job, verdict
from local.demo import servers as local_servers
from local.demo.opening import Play
from local.demo.screen import Screen
from local.stack.home import PROJECT
from local.verify import Verdict, check, compare_until_equal
from local.verify.side import Target

CHECKED = defaultdict(lambda: "the job failed", {0: "equal", 1: "DIFFERENT", 2: "could not compare"})
"""Text for each exit code of the check job."""
REPORT = (job.REPORT / "report.html").relative_to(PROJECT)
PATIENCE = 20.0
"""Seconds for which the comparison is repeated while it finds differences."""


class Way(NamedTuple):
    """A direction of replication. `copy` is the side that must contain what the ledger says."""

    direction: str
    """Value of the check job's option --direction."""
    copy: Target


def forward(play: Play) -> Way:
    return Way("forward", play.target)


def reverse(play: Play) -> Way:
    return Way("reverse", play.source)


def prove(play: Play, way: Way, screen: Screen, started: float) -> bool:
    """Print the result; return whether all comparisons are equal. `started`: time.monotonic()."""
    both, ledger = _compare(play, way, screen)
    checked = _check(play, way, screen)
    screen.console.print()
    screen.console.print(verdict.table(both, ledger))
    equal = both.equal and ledger.equal and checked
    if not equal:
        local_servers.keep_logs(play.servers.stack.home)
        screen.console.print(verdict.details(both, ledger), markup=False, soft_wrap=True)
        screen.console.print(f"Logs and dead letters: {local_servers.LOGS}", soft_wrap=True)
    screen.console.print()
    screen.verdict(equal, duration(time.monotonic() - started))
    return equal


def _compare(play: Play, way: Way, screen: Screen) -> Tuple[Verdict, Verdict]:
    with screen.step("compare", "reading every item of both sides") as step:
        both = compare_until_equal(play.source, play.target, play.tables, PATIENCE)
        ledger = check(way.copy, play.ledger, play.tables)
        items = sum(table.found for table in both.tables)
        step.did = f"{items:,} items compared, and with the ledger"
    return both, ledger


def _check(play: Play, way: Way, screen: Screen) -> bool:
    with screen.step("check", job.check_command(way.direction)) as step:
        checked = job.check(play.servers, way.direction)
        step.did = f"result of the check job: {CHECKED[checked.exit_code]}; {REPORT}"
    if checked.exit_code != 0:
        screen.console.print(checked.output, markup=False, soft_wrap=True)
    return checked.exit_code == 0
