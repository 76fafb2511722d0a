"""What to do after a check: steps with exact commands. Pure."""

from __future__ import annotations

import shlex
from typing import Iterator, List, NamedTuple, Sequence

from connectors.check.report.order import worst_first
from connectors.check.report.summary import Scope, Summary, Verdict
from connectors.config.choices import Direction
from connectors.config.places import is_s3

CHECK = "polarshake run check"
"""Reads the configuration that POLARSHAKE_CONFIG names, else application.yaml in the folder."""
NAMED = 5
"""Tables that a step names."""


class AdviceStep(NamedTuple):
    text: str
    """A sentence."""
    commands: List[str]
    """To be run in the project folder, in this order."""


def advice(summary: Summary) -> List[AdviceStep]:
    """The steps, in the order in which they are useful. At least one."""
    if summary.verdict is Verdict.EQUAL:
        return [_go_on(summary)]
    last = _changes(summary) if summary.mode.scope is Scope.CHANGES else _whole(summary)
    return [*_for_differences(summary), *_for_problems(summary), last]


def _go_on(summary: Summary) -> AdviceStep:
    if summary.mode.scope in (Scope.SAMPLE, Scope.KEYS):
        return AdviceStep("Compare all items.", [_check(summary)])
    if summary.mode.scope is Scope.ALL and not summary.totals.equal:
        return AdviceStep("Both sides are empty. Make sure that the settings name the right sides.", [])
    if summary.direction is Direction.REVERSE:
        return AdviceStep("You can go back to DynamoDB.", ["polarshake rollback"])
    if summary.target.system == "PolarDB":
        return AdviceStep("You can cut over.", ["polarshake cutover"])
    return AdviceStep("Stop the writers, wait until the lag is 0, and move the application.", [])


def _for_differences(summary: Summary) -> Iterator[AdviceStep]:
    totals = summary.totals
    schema = [table.table for table in summary.tables if table.schema_differences]
    if schema:
        yield AdviceStep(
            f"Change the definitions at {summary.target.system} by hand, or accept them: {_named(schema)}. "
            "The sections below say what differs.",
            [],
        )
    if totals.changing:
        yield AdviceStep(
            f"{totals.changing:,} of the differences kept changing and may only be delayed. Check these keys "
            "again when they are written less often.",
            _with_keys(summary, ""),
        )
    if totals.missing or totals.different:
        yield AdviceStep(
            "If the missing and the different items are not explained by writes to the target, repair them: "
            f"this writes the values of {summary.source.system} to {summary.target.system}.",
            _with_keys(summary, "--repair"),
        )
    if totals.extra:
        yield AdviceStep(
            f"Find out who wrote the extra items. If nobody needs them, this also deletes them from "
            f"{summary.target.system}.",
            _with_keys(summary, "--repair --delete-extra"),
        )
    if summary.repair is not None and summary.repair.refused:
        yield AdviceStep(
            f"{summary.repair.refused:,} items were rejected by {summary.target.system}, and cannot be "
            "repaired as they are. Correct them at the source; the reasons are in the dead letters.",
            [],
        )


def _for_problems(summary: Summary) -> Iterator[AdviceStep]:
    tables = [table.table for table in worst_first(summary.tables) if table.problem]
    if tables:
        yield AdviceStep(
            f"Solve what could not be checked, then check these tables again: {_named(tables)}.",
            [_check(summary, f"--tables {shlex.quote(','.join(tables))}")] if len(tables) <= NAMED else [],
        )
    elif summary.problems:
        yield AdviceStep("Solve what could not be checked: see below.", [])


def _whole(summary: Summary) -> AdviceStep:
    return AdviceStep("Then check everything again. Only EQUAL for all items counts.", [_check(summary)])


def _changes(summary: Summary) -> AdviceStep:
    text = "Then check the changes again: these keys are compared again too, whether they change or not."
    return AdviceStep(text, [_check(summary, f"--since {shlex.quote(summary.report or 'check-report')}")])


def _with_keys(summary: Summary, options: str) -> List[str]:
    """A check of the reported keys only. Its report goes to another place: this one is still needed."""
    place = summary.report
    file = f"{place or 'check-report'}/report.jsonl"
    fetch = [f"aws s3 cp {shlex.quote(file)} report.jsonl"] if is_s3(place) else []
    keys = "report.jsonl" if fetch else file
    new = f"{place or 'check-report'}-again"
    words = ["--keys", shlex.quote(keys), *options.split(), "--report", shlex.quote(new)]
    return [*fetch, _check(summary, " ".join(words))]


def _check(summary: Summary, options: str = "") -> str:
    direction = "--direction reverse" if summary.direction is Direction.REVERSE else ""
    return " ".join(filter(None, [CHECK, direction, options]))


def _named(tables: Sequence[str]) -> str:
    more = len(tables) - NAMED
    return ", ".join(tables[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
