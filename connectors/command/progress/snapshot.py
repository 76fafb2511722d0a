"""How far a job is, as one look at it tells."""

from __future__ import annotations

import enum
from typing import Dict, NamedTuple, Optional


class Stage(str, enum.Enum):
    """What a person calls the state of a table."""

    PREPARING = "preparing"
    """Its target is being made, or its stream's shards are being found."""
    SCANNING = "scanning"
    CATCHING_UP = "catching up"
    """Copied; its stream is still behind."""
    LIVE = "live"
    COPIED = "copied"
    """Copied, and no stream is read (mode full)."""
    SETTLING = "settling"
    """Of the check: both sides are read; what differed is being looked at again."""
    COMPARED = "compared"
    """Of the check: it is done with the table."""


class Shards(NamedTuple):
    """Of a table's stream, by state. In the words of nimo-shake's checkpoint table: `not process`,
    `no need to process`, `wait father finish`, `in processing`, `done`."""

    found: int = 0
    """Seen, but the start is not settled yet."""
    passed_over: int = 0
    """Closed before the start."""
    waiting: int = 0
    """For their parents to be read to the end."""
    reading: int = 0
    done: int = 0
    """Read to their end and still listed, for 24 hours."""


class TableProgress(NamedTuple):
    """`scanned`, `segments_done` and `dead_letters` count over restarts; the counts after them since the
    last one, for they stand in memory only."""

    table: str
    stage: Stage
    generation: int
    """Counts the scans of the table; above 1 after a gap, 0 where none is made."""
    scanned: int
    expected: int
    """Items, as DescribeTable estimates them: up to six hours old, 0 where it does not know."""
    segments_done: int
    segments: int
    dead_letters: int
    lag: Optional[int]
    """Whole seconds by which the target is behind the stream; None before the stream is read."""
    streamed: int = 0
    written: int = 0
    dropped: int = 0
    """Scanned items that the stream had overtaken."""
    bytes_read: int = 0
    bytes_written: int = 0
    target_scanned: int = 0
    """Of the check, which reads both sides."""
    target_expected: int = 0
    suspects: int = 0
    """Of the check: keys that looked different, of which `settled` turned out equal and `confirmed` did
    not."""
    settled: int = 0
    confirmed: int = 0
    read: int = 0
    """Items and changes that the readers have taken in."""
    measured_at: Optional[int] = None
    """Epoch seconds, by the workers' clocks: when the oldest of the lags was taken."""
    shards: Shards = Shards()

    @property
    def read_items(self) -> int:
        """Of all that is scanned: of both sides, where both are."""
        return self.scanned + (self.target_scanned if self.target_expected else 0)

    @property
    def items_to_read(self) -> int:
        return self.expected + self.target_expected

    @property
    def share(self) -> float:
        """Of the scan that is done, 0 to 1. Only the segments' ends prove that it is whole: the estimate of
        items may be too low, so until then it gives 99 % at most."""
        if self.stage not in (Stage.PREPARING, Stage.SCANNING):
            return 1.0
        by_segments = self.segments_done / self.segments if self.segments else 0.0
        by_items = self.read_items / self.items_to_read if self.items_to_read else by_segments
        return min(0.99, by_items)


class SlotProgress(NamedTuple):
    """A replication slot that the reverse job reads. None: not known yet."""

    slot: str
    active: Optional[bool]
    lag_bytes: Optional[int]
    lag_seconds: Optional[int]
    retained_bytes: Optional[int]
    retained_high: bool
    """Above reverse.walWarningBytes."""
    measured_at: Optional[int] = None
    """Epoch seconds, by the worker's clock."""


class Checkpoint(NamedTuple):
    """The last complete one."""

    number: int
    milliseconds: int
    """How long it took."""
    bytes: int
    at: float = 0.0
    """When it was complete: epoch seconds."""


class JobProgress(NamedTuple):
    job_id: str
    name: str
    state: str
    """Flink's word: RUNNING, RESTARTING, FAILED, FINISHED, CANCELED, ..."""
    seconds: float
    """Since the job was submitted."""
    restarts: int
    checkpoints: int
    """Complete ones."""
    checkpoint: Optional[Checkpoint]
    retries: int
    throttles: int
    """Both since the last restart."""
    tables: Dict[str, TableProgress]
    slots: Dict[str, SlotProgress] = {}
    failed_checkpoints: int = 0

    @property
    def live(self) -> bool:
        """Every table is; False as long as none is known."""
        return bool(self.tables) and all(one.stage is Stage.LIVE for one in self.tables.values())
