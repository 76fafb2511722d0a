"""The five stages of a migration, with what is left of each, and the headline. Pure."""

from __future__ import annotations

from typing import List, NamedTuple, Optional, Sequence

from msgspec.structs import replace

from connectors.base.text import duration, plural, short_duration
from connectors.check.report.summary import Summary, Verdict
from connectors.check.report.words import headline as verdict_word
from connectors.command.console.document import RELEASED, SUSPENDED, StageView, Urgency
from connectors.command.cutover.journal import DONE, REFUSED, Journal
from connectors.command.cutover.preview import Condition
from connectors.command.cutover.report_gate import seconds
from connectors.command.progress.snapshot import Stage
from connectors.command.progress.states import CANCELED, ENDED, FAILED, RUNNING
from connectors.command.status.document import JobDocument, TableDocument
from connectors.model.jobs import CHECK, FORWARD, REVERSE

RESTING = (RELEASED, Stage.HANDED_OVER.value)
SCAN_ENDED = (Stage.LIVE.value, Stage.COPIED.value)
NAMES = ("Copy", "Follow", "Check", "Way back", "Cut-over")


class StageFacts(NamedTuple):
    """What the stages are computed from."""

    jobs: Sequence[JobDocument]
    summary: Optional[Summary]
    conditions: Sequence[Condition]
    record: Optional[Journal]
    """The cut-over's journal."""
    copied: bool
    """An earlier poll has seen the copy complete. The job may be gone."""
    now: float

    def job(self, name: str) -> Optional[JobDocument]:
        """The job, with the tables that it moves."""
        job = next((job for job in self.jobs if job.name == name), None)
        return job and replace(job, tables=[table for table in job.tables if table.phase not in RESTING])

    @property
    def handed_over(self) -> int:
        """How many tables the application writes at the target already."""
        return sum(table.phase == Stage.HANDED_OVER.value for job in self.jobs for table in job.tables)

    @property
    def switched(self) -> bool:
        return self.record is not None and self.record.latest("switch") is not None


def copied(table: TableDocument) -> bool:
    return table.phase in SCAN_ENDED or (table.share >= 1.0 and table.segments_done >= table.segments > 0)


def stages(facts: StageFacts) -> List[StageView]:
    made = [_copy(facts), _follow(facts), _check(facts), _way_back(facts), _cutover(facts)]
    current = next(
        (place for place, stage in enumerate(made) if stage.level is not Urgency.OK), len(made) - 1
    )
    return [
        StageView(name, stage.level, stage.text, stage.share, place == current)
        for place, (name, stage) in enumerate(zip(NAMES, made))
    ]


def headline(facts: StageFacts) -> StageView:
    """One sentence about the whole, with its level."""
    failed = next((job for job in facts.jobs if job.state in (FAILED, CANCELED)), None)
    if failed:
        return _view(Urgency.BAD, f"The {failed.name.partition(' ')[2]} job has {_ended(failed.state)}")
    disturbed = next((job for job in facts.jobs if job.state not in (RUNNING, *ENDED)), None)
    if disturbed:
        name = disturbed.name.partition(" ")[2]
        return _view(Urgency.WARN, f"The {name} job is {disturbed.state.lower()}")
    if facts.switched:
        return _view(Urgency.OK, "The application has moved to the target")
    job = facts.job(FORWARD)
    if job and not job.tables and facts.handed_over:
        return _view(Urgency.OK, f"{plural(facts.handed_over, 'table')} handed over, none left")
    if job is None or not job.tables:
        return _view(
            Urgency.WAIT if job else Urgency.NONE, "The job is starting" if job else "No job is running"
        )
    moving = _moving(job)
    handed = f"; {facts.handed_over:,} handed over" if facts.handed_over else ""
    return replace(moving, text=f"{moving.text}{handed}")


def _moving(job: JobDocument) -> StageView:
    done = sum(copied(table) for table in job.tables)
    live = sum(table.phase == Stage.LIVE.value for table in job.tables)
    if done < len(job.tables):
        return _view(Urgency.WAIT, f"Copying, {done:,} of {plural(len(job.tables), 'table')} complete")
    if all(table.lag_seconds is None for table in job.tables):
        return _view(Urgency.OK, f"Copied {plural(len(job.tables), 'table')}")
    open_tables = sum(table.attention is not None or table.phase == SUSPENDED for table in job.tables)
    calm = Urgency.OK if live == len(job.tables) else Urgency.WAIT
    rest = f"; {open_tables:,} {'needs' if open_tables == 1 else 'need'} attention" if open_tables else ""
    text = f"Following changes, {live:,} of {plural(len(job.tables), 'table')} live{rest}"
    return _view(Urgency.WARN if open_tables else calm, text)


def _copy(facts: StageFacts) -> StageView:
    job = facts.job(FORWARD)
    if job is None or not job.tables:
        known = facts.copied or facts.switched or facts.handed_over > 0
        return _view(Urgency.OK if known else Urgency.NONE, "complete" if known else "not begun")
    done = sum(copied(table) for table in job.tables)
    text = f"{done:,} of {plural(len(job.tables), 'table')}"
    if done == len(job.tables):
        return _view(Urgency.OK, text, 1.0)
    expected = sum(max(table.expected_items, table.items) for table in job.tables)
    items = sum(table.items for table in job.tables)
    left = [table.seconds_left for table in job.tables if table.seconds_left is not None]
    rest = f", {duration(max(left))} left" if left else ""
    return _view(Urgency.WAIT, f"{text}{rest}", items / expected if expected else 0.0)


def _follow(facts: StageFacts) -> StageView:
    job = facts.job(FORWARD)
    if job is None or not job.tables:
        return (
            _view(Urgency.OK, "ended by the cut-over") if facts.switched else _view(Urgency.NONE, "not begun")
        )
    behind = [table for table in job.tables if table.phase != Stage.LIVE.value]
    lags = [table.lag_seconds for table in job.tables if table.lag_seconds is not None]
    if not lags:
        return _view(Urgency.NONE, "no stream is read")
    if not behind:
        return _view(Urgency.OK, f"all live, worst lag {duration(max(lags))}")
    level = Urgency.WARN if any(table.attention for table in behind) else Urgency.WAIT
    return _view(level, f"{plural(len(behind), 'table')} not live, worst lag {duration(max(lags))}")


def _check(facts: StageFacts) -> StageView:
    job = facts.job(CHECK)
    if job is not None and job.state not in ENDED:
        read = [table.share for table in job.tables]
        share = sum(read) / len(read) if read else 0.0
        confirmed = sum(table.confirmed for table in job.tables)
        differences = f", {plural(confirmed, 'difference')} so far" if confirmed else ""
        return _view(Urgency.BAD if confirmed else Urgency.WAIT, f"running, {share:.0%}{differences}", share)
    if facts.summary is None:
        return _view(Urgency.NONE, "not made yet")
    age = short_duration(max(0.0, facts.now - seconds(facts.summary.ended)))
    level = {Verdict.EQUAL: Urgency.OK, Verdict.DIFFERENT: Urgency.BAD, Verdict.INCOMPLETE: Urgency.WARN}
    return _view(level[facts.summary.verdict], f"{verdict_word(facts.summary)}, {age} ago")


def _way_back(facts: StageFacts) -> StageView:
    job = facts.job(REVERSE)
    if job is not None and job.state not in ENDED:
        lags = [slot.lag_seconds for slot in job.slots if slot.lag_seconds is not None]
        lag = f", lag {duration(max(lags))}" if lags else ""
        return _view(Urgency.OK if job.state == RUNNING else Urgency.WARN, f"{job.state.lower()}{lag}")
    condition = next((each for each in facts.conditions if each.name == "way-back"), None)
    if condition is None:
        return _view(Urgency.NONE, "not begun")
    if condition.outcome == DONE:
        return _view(Urgency.NONE, "set up by the cut-over" if "no reverse" not in condition.saw else "none")
    return _view(Urgency.WARN, "cannot be set up yet")


def _cutover(facts: StageFacts) -> StageView:
    if facts.switched:
        return _view(Urgency.OK, "done: SWITCH NOW was printed")
    if facts.record is not None and facts.record.log:
        done = sum(each.outcome == DONE for each in facts.conditions)
        refused = any(each.outcome == REFUSED for each in facts.conditions)
        text = f"{done} of {len(facts.conditions)} steps"
        return _view(Urgency.WARN if refused else Urgency.WAIT, text, done / max(1, len(facts.conditions)))
    if not facts.conditions:
        return _view(Urgency.NONE, "not begun")
    open_conditions = sum(each.outcome != DONE for each in facts.conditions)
    if open_conditions:
        return _view(Urgency.NONE, f"{plural(open_conditions, 'thing')} to do first")
    return _view(Urgency.WAIT, "ready: run polarshake cutover")


def _view(level: Urgency, text: str, share: Optional[float] = None) -> StageView:
    return StageView("", level, text, share)


def _ended(state: str) -> str:
    return "failed" if state == FAILED else "been cancelled"
