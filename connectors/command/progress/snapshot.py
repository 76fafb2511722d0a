"""The progress of a job at one moment."""

from __future__ import annotations

import enum
from typing import Dict, List, NamedTuple, Optional


class Stage(str, enum.Enum):
    """The state of a table as shown to users."""

    PREPARING = "preparing"
    """Its target table is being created, or the shards of its stream are being listed."""
    SCANNING = "scanning"
    CATCHING_UP = "catching up"
    """Copied, or its scan is paused; its stream is still behind."""
    LIVE = "live"
    COPIED = "copied"
    """Copied, and no stream is read (mode full)."""
    SETTLING = "settling"
    """Check only: both sides are read, and differing keys are being compared again."""
    COMPARED = "compared"
    """Check only: the table is done."""
    SUSPENDED = "suspended"
    """Not moved, after an error that concerns this table alone; see SuspendedTable."""
    RELEASED = "released"
    """Not moved any more, because the settings leave it out."""
    HANDED_OVER = "handed over"
    """Not moved any more, because a cut-over of some tables has taken it: the application writes at the
    target."""


class SuspendedTable(NamedTuple):
    """Why a table is suspended. The job's log has the error's text."""

    number: int
    """How often the table has been suspended. The settings name it with the table: `orders@1`."""
    reason: str
    advice: str


class ChangedRates(NamedTuple):
    """Rates that `polarshake throttle` has changed, rounded. None: that of the settings; 0: no limit."""

    scan: Optional[int] = None
    write: Optional[int] = None


class Shards(NamedTuple):
    """Number of shards of a table's stream by state. nimo-shake's checkpoint table names them `not process`,
    `no need to process`, `wait father finish`, `in processing`, `done`."""

    found: int = 0
    """Listed; the start position is not decided yet."""
    passed_over: int = 0
    """Ended before the start position, so they are not read."""
    waiting: int = 0
    """Waiting until their parents have been read to the end."""
    reading: int = 0
    done: int = 0
    """Read to their end. DynamoDB lists them for 24 hours."""


class TableProgress(NamedTuple):
    """The progress of a table. `scanned`, `segments_done` and `dead_letters` include the time before a
    restart. The counts after them start at zero after a restart, because they are kept in memory only."""

    table: str
    stage: Stage
    generation: int
    """Number of the table's scan; above 1 after a gap, 0 if the table is not scanned."""
    scanned: int
    expected: int
    """Items, as DescribeTable estimates them: up to six hours old, 0 if unknown."""
    segments_done: int
    segments: int
    dead_letters: int
    lag: Optional[int]
    """Whole seconds by which the target is behind the stream; None before the stream is read."""
    streamed: int = 0
    written: int = 0
    target_scanned: int = 0
    """Check only: it reads both sides."""
    target_expected: int = 0
    suspects: int = 0
    """Check only: keys that differed at first; `settled` of them turned out equal, `confirmed` did not."""
    settled: int = 0
    confirmed: int = 0
    read: int = 0
    """Items and changes that the readers have read."""
    measured_at: Optional[int] = None
    """Epoch seconds on the workers' clocks: when the oldest of the lags was measured."""
    shards: Shards = Shards()
    suspended: Optional[SuspendedTable] = None
    follows: bool = True
    """Its changes are being written. False: they wait, for its scan or for what is in flight."""
    rates: ChangedRates = ChangedRates()
    handed_over: int = 0
    """The number of the suspension, if the table is handed over; otherwise 0."""
    handed_over_at: int = 0
    """Since when: epoch seconds; 0 if it is not handed over."""

    @property
    def resting(self) -> bool:
        """The job neither reads nor writes it, as somebody wants it."""
        return self.stage in (Stage.RELEASED, Stage.HANDED_OVER)

    @property
    def whole(self) -> bool:
        """Whether Flink shows the enumerator's numbers, too: only the workers measure lags, and no table that
        is still being prepared has one."""
        return self.stage is not Stage.PREPARING or self.measured_at is None

    @property
    def scanned_whole(self) -> bool:
        return self.segments_done >= self.segments

    @property
    def changes_wait(self) -> Optional[int]:
        """Seconds for which the oldest change may have waited for the scan; None if none waits."""
        return self.lag if self.stage is Stage.SCANNING and not self.follows else None

    @property
    def read_items(self) -> int:
        """Scanned items, of both sides if both are scanned."""
        return self.scanned + (self.target_scanned if self.target_expected else 0)

    @property
    def items_to_read(self) -> int:
        return self.expected + self.target_expected

    @property
    def share(self) -> float:
        """Completed share of the scan, 0 to 1.

        The share is at most 99 % until all segments have been read to their end, because the estimate of the
        number of items may be too low.
        """
        if self.stage not in (Stage.PREPARING, Stage.SCANNING) and self.scanned_whole:
            return 1.0
        by_segments = self.segments_done / self.segments if self.segments else 0.0
        by_items = self.read_items / self.items_to_read if self.items_to_read else by_segments
        return min(0.99, by_items)


class SlotProgress(NamedTuple):
    """A replication slot that the reverse job reads. None means not known yet."""

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
    """The last complete checkpoint."""

    number: int
    milliseconds: int
    """Its duration."""
    bytes: int
    at: float = 0.0
    """When it was completed: epoch seconds."""


class JobProgress(NamedTuple):
    job_id: str
    name: str
    state: str
    """As Flink names it: RUNNING, RESTARTING, FAILED, FINISHED, CANCELED, ..."""
    seconds: float
    """Since the job was submitted."""
    restarts: int
    checkpoints: int
    """Number of complete checkpoints."""
    checkpoint: Optional[Checkpoint]
    retries: int
    throttles: int
    """Both since the last restart."""
    tables: Dict[str, TableProgress]
    slots: Dict[str, SlotProgress] = {}
    failed_checkpoints: int = 0
    commands_followed: int = 0
    """Commands of operators since the job was started without a savepoint."""
    commands_refused: int = 0
    rates: ChangedRates = ChangedRates()
    """Of all tables without rates of their own."""
    last_checkpoint_failed: bool = False
    """It began after the last completed one."""

    @property
    def live(self) -> bool:
        """Whether every table that the job moves is live; False while no table is known."""
        moved = [table for table in self.tables.values() if not table.resting]
        return bool(moved) and all(table.stage is Stage.LIVE for table in moved)

    @property
    def suspended(self) -> Dict[str, SuspendedTable]:
        """The suspended tables, by name."""
        return {name: table.suspended for name, table in self.tables.items() if table.suspended is not None}

    @property
    def handed_over(self) -> List[str]:
        return [name for name, table in self.tables.items() if table.handed_over]
