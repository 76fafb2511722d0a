"""The job of the other direction, which a procedure starts before the application switches."""

from __future__ import annotations

from typing import Callable, NamedTuple, Optional, Union

from connectors.base.errors import TerminalError
from connectors.base.heartbeat import heartbeat
from connectors.base.text import duration
from connectors.command.cutover.health import listed
from connectors.command.cutover.procedure import Context
from connectors.command.cutover.verdict import StepVerdict, passed, refused, would
from connectors.command.progress.states import ENDED, RUNNING

START_SECONDS = 180.0


class OtherJob(NamedTuple):
    name: str
    """As Flink names it."""
    word: str
    """As the runner names it: forward or reverse."""


def found_or_submitted(
    context: Context, other: OtherJob, recorded: str, too_early: str
) -> Union[str, StepVerdict]:
    """Id of the job that runs already or is submitted now; a verdict if none is submitted.

    `too_early`: why it must not be submitted yet; empty if it may.
    """
    job = running(context, other, recorded)
    if job:
        return job
    command = context.runner.command(other.word)
    if context.options.dry_run:
        return would(f"no {other.word} job runs", f"start it: `{command}`")
    if too_early:
        return refused(too_early, "Run this command again.")
    if not context.options.run_jobs:
        return refused(f"no {other.word} job runs", f"Start it, then run this command again: `{command}`")
    return submitted(context, other)


def awaited(context: Context, other: OtherJob, job: str, follows: Callable[[], StepVerdict]) -> StepVerdict:
    """Wait until the job runs and follows. A dry run does not wait."""

    def poll() -> StepVerdict:
        not_yet = not_running(context, other, job)
        if not_yet:
            return not_yet
        verdict = follows()
        return passed(f"{other.word} job {job} runs; {verdict.saw}") if verdict.ok else verdict

    return context.until(poll, 0.0 if context.options.dry_run else START_SECONDS)


def running(context: Context, other: OtherJob, recorded: str) -> str:
    """Id of the job that is already running, recorded or started manually; empty if there is none."""
    jobs = [job.id for job in context.flink.jobs() if job.name == other.name and job.state not in ENDED]
    if recorded in jobs:
        return recorded
    if len(jobs) > 1:
        raise TerminalError(f"several {other.word} jobs run: {listed(jobs)}. Stop all but one")
    return jobs[0] if jobs else ""


def submitted(context: Context, other: OtherJob) -> str:
    """The id of the job, which is submitted now. Tells every few seconds that this takes time."""
    with heartbeat(
        lambda seconds: context.tell(f"the {other.word} job is being submitted, {duration(seconds)} so far"),
        context.tell_every,
    ):
        return context.runner.submit(other.word)


def not_running(context: Context, other: OtherJob, job: str) -> Optional[StepVerdict]:
    """Why the submitted job cannot be judged yet; None if it runs. Raises TerminalError if it has ended."""
    state = context.state(job)
    if state in ENDED:
        raise TerminalError(f"the {other.word} job {job} is {state}: {context.flink.failure(job)}")
    if not state:
        raise TerminalError(
            f"Flink at {context.flink.address} does not know the {other.word} job {job}. Check "
            f"whether the `flink` command uses another cluster"
        )
    if state != RUNNING:
        return refused(f"{other.word} job {job} is {state}", "Wait, then run this command again.")
    return None
