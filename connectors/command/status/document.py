"""The output of `--json`. Scripts rely on names and units: fields are added, never changed. Pure."""

from __future__ import annotations

from typing import List, Optional, Sequence

import msgspec

from connectors.base.text import timestamp
from connectors.command.progress.rates import ProgressRates
from connectors.command.progress.snapshot import JobProgress, SlotProgress, TableProgress

VERSION = 1


class ShardsDocument(msgspec.Struct, frozen=True):
    not_process: int
    no_need_to_process: int
    wait_father_finish: int
    in_processing: int
    done: int


class TableDocument(msgspec.Struct, frozen=True):
    table: str
    phase: str
    """preparing, scanning, catching up, live; copied (mode full); settling, compared (check)."""
    share: float
    """Of the scan, 0 to 1."""
    items: int
    expected_items: int
    items_per_second: float
    seconds_left: Optional[float]
    lag_seconds: Optional[int]
    dead_letters: int
    changes: int
    """Taken from the stream since the last restart."""
    generation: int
    segments: int
    segments_done: int
    shards: ShardsDocument


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
    """Since it was submitted."""
    restarts: int
    failure: Optional[str]
    """Why it failed or restarted last."""
    retries: int
    throttles: int
    checkpoints: CheckpointsDocument
    tables: List[TableDocument]
    slots: List[SlotDocument]


class Status(msgspec.Struct, frozen=True):
    version: int
    at: str
    """ISO 8601, UTC."""
    flink: str
    jobs: List[JobDocument]


def status(flink: str, at: float, jobs: Sequence[JobDocument]) -> Status:
    return Status(VERSION, timestamp(at), flink, list(jobs))


def job(seen: JobProgress, rates: ProgressRates, failure: str) -> JobDocument:
    last = seen.checkpoint
    return JobDocument(
        id=seen.job_id,
        name=seen.name,
        state=seen.state,
        seconds=seen.seconds,
        restarts=seen.restarts,
        failure=failure or None,
        retries=seen.retries,
        throttles=seen.throttles,
        checkpoints=CheckpointsDocument(
            seen.checkpoints,
            seen.failed_checkpoints,
            last
            and CheckpointDocument(last.number, timestamp(last.at), last.milliseconds / 1000, last.bytes),
        ),
        tables=[_table(table, rates) for table in seen.tables.values()],
        slots=[_slot(slot) for slot in seen.slots.values()],
    )


def _table(seen: TableProgress, rates: ProgressRates) -> TableDocument:
    left = rates.seconds_left(seen)
    return TableDocument(
        table=seen.table,
        phase=seen.stage.value,
        share=round(seen.share, 4),
        items=seen.scanned,
        expected_items=seen.expected,
        items_per_second=round(rates.items_per_second(seen.table), 1),
        seconds_left=None if left is None else round(left, 1),
        lag_seconds=seen.lag,
        dead_letters=seen.dead_letters,
        changes=seen.streamed,
        generation=seen.generation,
        segments=seen.segments,
        segments_done=seen.segments_done,
        shards=ShardsDocument(*seen.shards),
    )


def _slot(seen: SlotProgress) -> SlotDocument:
    return SlotDocument(
        seen.slot, seen.active, seen.lag_bytes, seen.lag_seconds, seen.retained_bytes, seen.retained_high
    )
