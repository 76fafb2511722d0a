"""What the cut-over would find now: the conditions that can be verified before the writes stop.

Nothing is changed, and nothing waits. `polarshake console` shows the result.
"""

from __future__ import annotations

from functools import partial
from typing import Callable, List, Sequence

import msgspec

from connectors.base.errors import TerminalError, TransientError
from connectors.base.text import plural
from connectors.command.cutover import check_steps, reverse_steps
from connectors.command.cutover.health import caught_up, listed
from connectors.command.cutover.journal import DONE, REFUSED, UNCLEAR, Journal
from connectors.command.cutover.procedure import Context, ProcedureStep
from connectors.command.cutover.verdict import StepVerdict, passed, refused
from connectors.command.progress.states import RUNNING

LATER = "later"
"""Outcome of a step that has not been run yet."""


class Condition(msgspec.Struct, frozen=True):
    name: str
    """Key of its explanation."""
    title: str
    outcome: str
    """done, refused, or unclear: the facts could not be read; later: the step has not been run."""
    saw: str
    do: str = ""


def preview(context: Context) -> List[Condition]:
    """The conditions, in the order in which the cut-over verifies them. `context` must be of a dry run."""
    conditions: List[Condition] = []
    for name, title, run, needs_job in CONDITIONS:
        without = needs_job and conditions[0].outcome != DONE
        conditions.append(
            Condition(name, title, LATER, "") if without else _condition(name, title, partial(run, context))
        )
    return conditions


def steps_taken(record: Journal, steps: Sequence[ProcedureStep]) -> List[Condition]:
    """The steps of a cut-over that has begun, each with its latest outcome."""
    latest = {entry.step: entry for entry in record.log}
    return [
        Condition(step.name, step.title, entry.outcome, entry.saw, entry.do)
        if (entry := latest.get(step.name))
        else Condition(step.name, step.title, LATER, "")
        for step in steps
    ]


def _runs(context: Context) -> StepVerdict:
    job = context.job()
    state = context.state(job)
    if state != RUNNING:
        return refused(f"job {job} is {state}: {context.flink.failure(job)}", "See `polarshake status`.")
    return passed(f"job {job} runs")


def _live(context: Context) -> StepVerdict:
    return caught_up(context.flink.progress(context.job()))


def _dead_letters(context: Context) -> StepVerdict:
    tables = context.flink.progress(context.job()).tables.values()
    dead = [
        f"{table.table}: {plural(table.dead_letters, 'dead letter')}"
        for table in tables
        if table.dead_letters
    ]
    if dead and not _equal(context):
        return refused(listed(dead), "See each one with `polarshake letters list`. Then check again.")
    if dead:
        return passed(f"{listed(dead)}; the last check found both sides equal, so they do not matter")
    return passed("the target has rejected no item")


def _equal(context: Context) -> bool:
    """A recent check has found both sides equal, so whatever was rejected has arrived or is obsolete."""
    verdict = check_steps.first(context)
    return verdict.ok and not verdict.do


def _way_back(context: Context) -> StepVerdict:
    if context.slots is None:
        return passed("no reverse job is configured, so there will be no way back")
    return reverse_steps.advanced(context)


CONDITIONS = (
    ("job", "the forward job runs", _runs, False),
    ("live", "every table is copied and live", _live, True),
    ("dead-letters", "no dead letter is unresolved", _dead_letters, True),
    ("check", "a recent check of all items reports EQUAL", check_steps.first, False),
    ("way-back", "the way back can be set up", _way_back, False),
)
"""Name, title, how to verify it, and whether it can be verified only while the forward job runs."""


def _condition(name: str, title: str, run: Callable[[], StepVerdict]) -> Condition:
    try:
        verdict = run()
    except TerminalError as error:
        return Condition(name, title, REFUSED, str(error))
    except TransientError as error:
        return Condition(name, title, UNCLEAR, str(error))
    # What a dry run "would do" is still to do, except for the way back, which the cut-over itself sets up.
    open_check = name == "check" and bool(verdict.do)
    outcome = REFUSED if open_check or not verdict.ok else DONE
    return Condition(name, title, outcome, verdict.saw, verdict.do if outcome == REFUSED else "")
