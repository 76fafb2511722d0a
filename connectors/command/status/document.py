"""The output of `--json`. Scripts rely on names and units: fields are added, never changed. Pure."""

from __future__ import annotations

from typing import List, Optional, Sequence

import msgspec

from connectors.base.text import timestamp
from connectors.command.progress.attention import attention
from connectors.command.progress.health import NOW
from connectors.command.progress.rates import ProgressRates
from connectors.command.progress.snapshot import JobProgress, SlotProgress, TableProgress
from connectors.command.status.health import JobHealth, together, worst_first

VERSION = 1


class ShardsDocument(msgspec.Struct, frozen=True):
    not_process: int
    no_need_to_process: int
    wait_father_finish: int
    in_processing: int
    done: int


class SuspendedDocument(msgspec.Struct, frozen=True):
    number: int
    """How often the table has been suspended: tables.resume and tables.rescan name it so, `orders@1`."""
    reason: str
    advice: str


class RatesDocument(msgspec.Struct, frozen=True):
    """Rates that `polarshake throttle` has changed, rounded; null: that of the settings, 0: no limit."""

    scan: Optional[int]
    write: Optional[int]


class CommandsDocument(msgspec.Struct, frozen=True):
    followed: int
    refused: int


class TableDocument(msgspec.Struct, frozen=True):
    table: str
    phase: str
    """preparing, scanning, catching up, live, suspended, released; copied (mode full); settling, compared
    (check)."""
    share: float
    """Completed share of the scan, 0 to 1."""
    items: int
    expected_items: int
    items_per_second: float
    seconds_left: Optional[float]
    lag_seconds: Optional[int]
    dead_letters: int
    changes: int
    """Changes read from the stream since the last restart."""
    generation: int
    segments: int
    segments_done: int
    shards: ShardsDocument
    suspended: Optional[SuspendedDocument]
    changes_per_second: float = 0.0
    attention: Optional[str] = None
    """Why somebody should look at the table; null if nobody needs to."""
    suspects: int = 0
    """Check only: keys that differed at first. `settled` of them turned out equal, `confirmed` did not."""
    settled: int = 0
    confirmed: int = 0
    rates: RatesDocument = RatesDocument(None, None)


class SlotDocument(msgspec.Struct, frozen=True):
    slot: str
    active: Optional[bool]
    lag_bytes: Optional[int]
    lag_seconds: Optional[int]
    retained_wal_bytes: Optional[int]
    retained_wal_high: bool


class CheckpointDocument(msgspec.Struct, frozen=True):
    number: int
    at: str
    seconds: float
    bytes: int


class CheckpointsDocument(msgspec.Struct, frozen=True):
    completed: int
    failed: int
    last: Optional[CheckpointDocument]


class JobDocument(msgspec.Struct, frozen=True):
    id: str
    name: str
    state: str
    """As Flink names it."""
    seconds: float
    """Since the submission."""
    restarts: int
    failure: Optional[str]
    """The reason of its last failure or restart."""
    retries: int
    throttles: int
    checkpoints: CheckpointsDocument
    tables: List[TableDocument]
    slots: List[SlotDocument]
    commands: CommandsDocument = CommandsDocument(0, 0)
    """Of operators: `polarshake table` and `polarshake throttle`."""
    rates: RatesDocument = RatesDocument(None, None)
    """Of all tables without rates of their own."""


class FindingDocument(msgspec.Struct, frozen=True):
    rule: str
    urgent: bool
    subject: str
    """A table, a slot, or the job's name."""
    problem: str
    advice: str


class HealthDocument(msgspec.Struct, frozen=True):
    exit_code: int
    """0 well, 1 needs attention, 2 unknown."""
    findings: List[FindingDocument]
    """Worst first."""


class Status(msgspec.Struct, frozen=True):
    version: int
    at: str
    """ISO 8601, UTC."""
    flink: str
    jobs: List[JobDocument]
    health: Optional[HealthDocument] = None
    """With --health."""


def status(
    flink: str, at: float, jobs: Sequence[JobDocument], healths: Optional[Sequence[JobHealth]] = None
) -> Status:
    health = None if healths is None else _health(healths)
    return Status(VERSION, timestamp(at), flink, list(jobs), health)


def _health(healths: Sequence[JobHealth]) -> HealthDocument:
    findings = [
        FindingDocument(
            health.rule.key, health.severity == NOW, health.subject, health.problem, health.advice
        )
        for health in worst_first(healths)
    ]
    return HealthDocument(together(healths), findings)


def job(progress: JobProgress, rates: ProgressRates, failure: str) -> JobDocument:
    last = progress.checkpoint
    return JobDocument(
        id=progress.job_id,
        name=progress.name,
        state=progress.state,
        seconds=progress.seconds,
        restarts=progress.restarts,
        failure=failure or None,
        retries=progress.retries,
        throttles=progress.throttles,
        checkpoints=CheckpointsDocument(
            progress.checkpoints,
            progress.failed_checkpoints,
            last
            and CheckpointDocument(last.number, timestamp(last.at), last.milliseconds / 1000, last.bytes),
        ),
        tables=[_table(table, rates) for table in progress.tables.values()],
        slots=[_slot(slot) for slot in progress.slots.values()],
        commands=CommandsDocument(progress.commands_followed, progress.commands_refused),
        rates=RatesDocument(*progress.rates),
    )


def _table(table: TableProgress, rates: ProgressRates) -> TableDocument:
    left = rates.seconds_left(table)
    return TableDocument(
        table=table.table,
        phase=table.stage.value,
        share=round(table.share, 4),
        items=table.scanned,
        expected_items=table.expected,
        items_per_second=round(rates.items_per_second(table.table), 1),
        seconds_left=None if left is None else round(left, 1),
        lag_seconds=table.lag,
        dead_letters=table.dead_letters,
        changes=table.streamed,
        generation=table.generation,
        segments=table.segments,
        segments_done=table.segments_done,
        shards=ShardsDocument(*table.shards),
        suspended=SuspendedDocument(*table.suspended) if table.suspended else None,
        changes_per_second=round(rates.changes_per_second(table.table), 1),
        attention=attention(table),
        suspects=table.suspects,
        settled=table.settled,
        confirmed=table.confirmed,
        rates=RatesDocument(*table.rates),
    )


def _slot(slot: SlotProgress) -> SlotDocument:
    return SlotDocument(
        slot.slot, slot.active, slot.lag_bytes, slot.lag_seconds, slot.retained_bytes, slot.retained_high
    )
