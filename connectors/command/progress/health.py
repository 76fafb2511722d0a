"""Whether somebody must look at a job now, and why. Pure.

Each rule has an alert of the same meaning in deploy/monitoring/alerts.yml (`HealthRule.alerts`), and each
alert has a rule. What has not been measured is never well: it is a finding, or the health is unknown.
"""

from __future__ import annotations

import enum
from typing import Iterator, List, NamedTuple, Optional, Sequence, Tuple

from connectors.base.text import duration, plural, size
from connectors.command.progress.snapshot import JobProgress, SlotProgress, Stage, TableProgress
from connectors.command.progress.states import FINISHED, RUNNING
from connectors.model.jobs import CHECK, OK, PROBLEM, UNKNOWN

MEASURED_SECONDS = 60.0
"""Maximum age of a measurement. A lag is measured every few seconds, also while nothing arrives."""
RESTART_SECONDS = 900.0
"""A restart counts for this long."""
MANY_RESTARTS = 3
PREPARING_SECONDS = 900.0
"""After this time, a table that is still being prepared needs attention."""
STARTING_SECONDS = 120.0
"""Within this time after its submission, a job may show no metrics."""
RETENTION_SECONDS = 12 * 3600
"""Half of the time for which a stream keeps its changes."""
CHECKPOINTS, LEAST_CHECKPOINT_SECONDS = 10, 60.0
"""A checkpoint is missing after this many intervals, and not before this many seconds."""
SILENT_SECONDS = 60
"""Lag above which a stream is silent if it grows while no change is read."""
NOW, SOON = 0, 1
"""Severities: data or the way back is at stake; or somebody should look."""


class HealthRule(enum.Enum):
    """The alerts that fire for the same reason."""

    NOT_RUNNING = ("PolarshakeGone",)
    SUSPENDED = ("PolarshakeTableSuspended",)
    NOT_READY = ("PolarshakeTableNotReady",)
    NO_SHARD_READ = ("PolarshakeNoShardIsRead",)
    NOT_MEASURED = ("PolarshakeLagNotMeasured",)
    SILENT = ("PolarshakeStreamSilent",)
    LAG = ("PolarshakeLag", "PolarshakeLagNearsRetention")
    DEAD_LETTERS = ("PolarshakeDeadLetters",)
    SCANNED_AGAIN = ("PolarshakeScannedAgain",)
    RETAINED_LOG = ("PolarshakeRetainedWal", "PolarshakeRetainedWalFillsDisk")
    SLOT_IDLE = ("PolarshakeSlotIdle",)
    SLOT_LAG = ("PolarshakeSlotLag",)
    NO_CHECKPOINT = ("PolarshakeNoCheckpoint",)
    CHECKPOINTS_FAIL = ("PolarshakeCheckpointsFail",)
    RESTARTS = ("PolarshakeRestarts",)

    @property
    def alerts(self) -> Tuple[str, ...]:
        alerts: Tuple[str, ...] = self.value
        return alerts

    @property
    def key(self) -> str:
        return self.name.lower()


class HealthFinding(NamedTuple):
    rule: HealthRule
    severity: int
    subject: str
    """A table, a slot, or the job's name."""
    problem: str
    advice: str


class HealthRules(NamedTuple):
    """From the settings."""

    lag_seconds: float = 300.0
    checkpoint_seconds: float = 10.0
    """The interval."""


class Sight(NamedTuple):
    """A job as it was seen at one moment, or at two."""

    job: JobProgress
    now: float
    """Epoch seconds."""
    failed_at: Sequence[float] = ()
    """When the job failed or restarted: epoch seconds."""
    before: Optional[JobProgress] = None
    """The job some seconds earlier."""


class Health(NamedTuple):
    known: bool
    findings: List[HealthFinding]
    """Worst first."""

    @property
    def exit_code(self) -> int:
        if self.findings:
            return PROBLEM
        return OK if self.known else UNKNOWN


def health(sight: Sight, rules: HealthRules) -> Health:
    job = sight.job
    if job.state == FINISHED and job.name == CHECK:
        return Health(True, [])
    if job.state != RUNNING:
        return Health(True, [_not_running(job)])
    findings = [*_of_job(sight, rules)]
    for table in job.tables.values():
        findings += _of_table(table, sight, rules)
    for slot in job.slots.values():
        findings += _of_slot(slot, sight, rules)
    return Health(
        _is_known(job),
        sorted(findings, key=lambda finding: (finding.severity, _place(finding.rule), finding.subject)),
    )


def _is_known(job: JobProgress) -> bool:
    """Whether the job shows what it does. While it starts, nothing is known, and so nothing is well."""
    return bool(job.tables or job.slots)


def is_suspicious(job: JobProgress) -> bool:
    """Whether a second look is needed to tell a silent stream from a late one."""
    return any(_is_behind(table) for table in job.tables.values())


def _place(rule: HealthRule) -> int:
    return list(HealthRule).index(rule)


def _not_running(job: JobProgress) -> HealthFinding:
    return HealthFinding(
        HealthRule.NOT_RUNNING,
        NOW,
        job.name,
        f"the job is {job.state.lower()}",
        "See the failure in `polarshake status`. Resume the job from its last checkpoint or savepoint within "
        "24 hours.",
    )


def _of_job(sight: Sight, rules: HealthRules) -> Iterator[HealthFinding]:
    job, now = sight.job, sight.now
    limit = max(LEAST_CHECKPOINT_SECONDS, CHECKPOINTS * rules.checkpoint_seconds)
    if job.checkpoint is None:
        age, what = job.seconds, "no checkpoint has been completed"
    else:
        age, what = now - job.checkpoint.at, "the last completed checkpoint is old"
    if age > limit:
        yield HealthFinding(
            HealthRule.NO_CHECKPOINT,
            NOW,
            job.name,
            f"{what}, for {duration(age)}",
            "A restart would repeat all that work. See Checkpoints in Flink's web UI.",
        )
    if job.last_checkpoint_failed:
        yield HealthFinding(
            HealthRule.CHECKPOINTS_FAIL,
            SOON,
            job.name,
            "the last checkpoint has failed",
            "See Checkpoints in Flink's web UI for the reason.",
        )
    restarts = sum(1 for at in sight.failed_at if now - at <= RESTART_SECONDS)
    if restarts:
        yield HealthFinding(
            HealthRule.RESTARTS,
            NOW if restarts > MANY_RESTARTS else SOON,
            job.name,
            f"{plural(restarts, 'restart')} within {duration(RESTART_SECONDS)}",
            "The reason is under Exceptions in Flink's web UI.",
        )
    if not _is_known(job) and job.seconds > STARTING_SECONDS:
        yield HealthFinding(
            HealthRule.NOT_MEASURED,
            NOW,
            job.name,
            f"the job runs for {duration(job.seconds)} and shows no table",
            "See whether its Python workers run: the TaskManagers' logs.",
        )


def _of_table(table: TableProgress, sight: Sight, rules: HealthRules) -> Iterator[HealthFinding]:
    if table.resting:
        return
    name = table.table
    if table.suspended is not None:
        numbered = f"{name}@{table.suspended.number}"
        yield HealthFinding(
            HealthRule.SUSPENDED,
            NOW,
            numbered,
            f"suspended: {table.suspended.reason}",
            table.suspended.advice,
        )
    if table.dead_letters:
        yield HealthFinding(
            HealthRule.DEAD_LETTERS,
            NOW,
            name,
            f"{plural(table.dead_letters, 'item')} rejected permanently",
            "`polarshake letters list` shows why, `polarshake letters retry` tries them again.",
        )
    if table.suspended is None:
        yield from _of_moved_table(table, sight, rules)


def _of_moved_table(table: TableProgress, sight: Sight, rules: HealthRules) -> Iterator[HealthFinding]:
    name = table.table
    if table.stage is Stage.PREPARING and sight.job.seconds > PREPARING_SECONDS:
        yield HealthFinding(
            HealthRule.NOT_READY,
            SOON,
            name,
            "not copied or followed yet",
            "The target does not create the table, or its stream does not become active: see the job's log.",
        )
    if table.generation > 1 and table.stage is Stage.SCANNING:
        yield HealthFinding(
            HealthRule.SCANNED_AGAIN,
            SOON,
            name,
            "copied again, after a gap or by command",
            "Wait until it is live. After a gap, find out why changes were not read for 24 hours.",
        )
    measured = _old_measurement(name, table.measured_at, sight.now)
    if measured is not None:
        yield measured
    elif _is_unread(table):
        yield HealthFinding(
            HealthRule.NO_SHARD_READ,
            NOW,
            name,
            f"{plural(table.shards.waiting, 'shard')} waiting, and none is read",
            "See the job's log. Resume the job from its last checkpoint.",
        )
    elif is_silent(table, sight.before):
        yield HealthFinding(
            HealthRule.SILENT,
            NOW,
            name,
            f"the lag grows ({duration(table.lag)}), and no change is read",
            "See the job's log for the errors of this stream, and whether the target takes writes.",
        )
    elif _follows(table) and table.lag is not None and table.lag > rules.lag_seconds:
        yield HealthFinding(
            HealthRule.LAG,
            NOW if table.lag > RETENTION_SECONDS else SOON,
            name,
            f"{duration(table.lag)} behind its source",
            "See whether the target throttles, and whether there are enough task slots.",
        )


def _of_slot(slot: SlotProgress, sight: Sight, rules: HealthRules) -> Iterator[HealthFinding]:
    measured = _old_measurement(slot.slot, slot.measured_at, sight.now)
    if measured is not None:
        yield measured
    if slot.retained_high:
        kept = "" if slot.retained_bytes is None else f": {size(slot.retained_bytes)}"
        yield HealthFinding(
            HealthRule.RETAINED_LOG,
            NOW,
            slot.slot,
            f"the database keeps too much log for the slot{kept}",
            "A full disk locks all writes. Fix the reverse job, or drop the slot; then there is no way back.",
        )
    if slot.active is False:
        yield HealthFinding(
            HealthRule.SLOT_IDLE,
            NOW,
            slot.slot,
            "nothing reads the slot, and its log grows",
            "See the job's log: another connection may hold the slot.",
        )
    if slot.lag_seconds is not None and slot.lag_seconds > rules.lag_seconds:
        yield HealthFinding(
            HealthRule.SLOT_LAG,
            SOON,
            slot.slot,
            f"{duration(slot.lag_seconds)} behind PolarDB",
            "See whether DynamoDB throttles the writes.",
        )


def _old_measurement(name: str, measured_at: Optional[int], now: float) -> Optional[HealthFinding]:
    if measured_at is None or now - measured_at <= MEASURED_SECONDS:
        return None
    return HealthFinding(
        HealthRule.NOT_MEASURED,
        NOW,
        name,
        f"its lag was last measured {duration(now - measured_at)} ago",
        "Nobody reads it, or Flink's metrics are old. See Exceptions and the TaskManagers in Flink's web UI.",
    )


def _is_unread(table: TableProgress) -> bool:
    return _follows(table) and bool(table.shards.waiting) and not table.shards.reading


def _follows(table: TableProgress) -> bool:
    return table.follows and table.stage in (Stage.LIVE, Stage.CATCHING_UP)


def _is_behind(table: TableProgress) -> bool:
    """Its changes are read, and its lag is so large that its stream may be silent."""
    return _follows(table) and table.lag is not None and table.lag > SILENT_SECONDS


def is_silent(table: TableProgress, before: Optional[JobProgress]) -> bool:
    """Whether the lag has grown since `before` although nothing was read."""
    earlier = before.tables.get(table.table) if before is not None else None
    if earlier is None or earlier.lag is None or table.lag is None or not _is_behind(table):
        return False
    return table.lag > earlier.lag and table.streamed == earlier.streamed
