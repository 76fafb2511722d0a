"""Whether the forward job holds a group of tables, and what that means for the user. Pure."""

from __future__ import annotations

from typing import List, Optional, Sequence

from connectors.base.text import timestamp
from connectors.command.cutover.health import listed
from connectors.command.cutover.verdict import StepVerdict, passed, refused
from connectors.command.progress.snapshot import Checkpoint, JobProgress, Stage
from connectors.dynamodb.streams import gap
from connectors.model.metric_names import metric_name

MARGIN = 5.0
"""Seconds. The clocks of the workers and of the JobManager may differ by seconds, and so may a measurement
and the orders that it follows."""
WAIT = "Wait, then run this command again."


def lacking(job: JobProgress, group: Sequence[str]) -> Optional[StepVerdict]:
    """Refuses a group that the job does not move."""
    absent = [name for name in group if metric_name(name) not in job.tables]
    if absent:
        return refused(f"the forward job shows no table {listed(absent)}", "Check --tables and --flink.")
    released = [name for name, table in job.tables.items() if table.stage is Stage.RELEASED]
    if released:
        return refused(f"{listed(released)} is released: it is not moved", "Leave it out of --tables.")
    return None


def all_handed_over(job: JobProgress) -> bool:
    return bool(job.tables) and len(job.handed_over) == len(job.tables)


class HoldWatch:
    """Collects one progress per poll until points 2 and 3 of the proof in hand_over hold."""

    def __init__(self, since: float) -> None:
        """`since`: when the job has answered, epoch seconds."""
        self._since = since
        self._checkpoint: Optional[Checkpoint] = None
        """The first that began after that."""

    def take(self, job: JobProgress) -> StepVerdict:
        loose = [table.table for table in job.tables.values() if not table.handed_over]
        if loose:
            return refused(f"the forward job does not show {listed(loose)} as handed over yet", WAIT)
        first = self._checkpoint = self._checkpoint or self._later(job.checkpoint)
        if first is None:
            return refused("no checkpoint has been completed since the tables were handed over", WAIT)
        tables = job.tables.values()
        late = [table.table for table in tables if (table.measured_at or 0) < first.at + MARGIN]
        if late:
            return refused(f"no worker has measured {listed(late)} since checkpoint {first.number}", WAIT)
        return passed(f"the forward job holds {listed(list(job.tables))} since checkpoint {first.number}")

    def _later(self, last: Optional[Checkpoint]) -> Optional[Checkpoint]:
        began = last.at - last.milliseconds / 1000 if last else 0.0
        return last if began >= self._since + MARGIN else None


def changed(job: JobProgress, changes: Sequence[str]) -> StepVerdict:
    """The group is held, but not in the state that was proven to be equal."""
    return refused(
        f"changed since the tables were equal: {listed(changes)}",
        f"Do not switch. Resume the tables: polarshake table resume {' '.join(numbered(job))}. Then run this "
        f"command again.",
    )


def too_old(job: JobProgress, now: float) -> Optional[StepVerdict]:
    """Refuses to resume what the streams do not keep."""
    since = min(table.handed_over_at for table in job.tables.values() if table.handed_over)
    if gap.is_young(now, since):
        return None
    return refused(
        f"handed over at {timestamp(since)}: the streams no longer keep all changes since then",
        f"Both sides are equal, so copy the tables again: polarshake table rescan {' '.join(numbered(job))}. "
        f"Then run this command again.",
    )


def numbered(job: JobProgress) -> List[str]:
    """`orders@1`: the tables that are handed over, as a command names them."""
    return [f"{table.table}@{table.handed_over}" for table in job.tables.values() if table.handed_over]
