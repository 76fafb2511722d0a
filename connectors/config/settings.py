"""Every setting of every job, with its default. Frozen, and picklable: workers get it with the job."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, List, Mapping, Optional, Tuple

from connectors.base.text import DAY
from connectors.config.choices import (
    CopyMode,
    Direction,
    EnumChoice,
    FollowUntil,
    GapPolicy,
    OnError,
    TargetName,
)
from connectors.config.expressions import AttributeNames, AttributeValues
from connectors.config.filters import TableFilter
from connectors.config.folders import LocalPath
from connectors.config.keys import key
from connectors.config.kinds import AutoOr, Choice, Flag, Hours, Integer, Rate, TableNames, Text
from connectors.config.operation import (
    CheckpointSettings,
    ControlSettings,
    DeadLetterSettings,
    HealthSettings,
    NotifySettings,
    RestartSettings,
)
from connectors.config.places import StoragePlace
from connectors.config.reverse import Reverse
from connectors.config.sides import DynamoDb, MongoDb, PolarDb
from connectors.config.storage import StorageSettings
from connectors.config.suspensions import NumberedTable, NumberedTables

CONTROL_FOLDER = "control"
RECORD_FOLDER = "changed-keys"


@dataclass(frozen=True)
class TableSettings:
    """Creating the tables at the target, and what happens after an error that concerns one table."""

    existing: str = key(
        Choice("keep", "fail", "recreate", "rename"),
        "keep",
        "action if the target already has the table. keep: write into it; fail: stop before any write; "
        "recreate: DROP it first, if the source has the table when the job starts; rename (MongoDB only): "
        "first rename it to a name that contains the time",
    )
    create_indexes: bool = key(Flag(), True, "create the secondary indexes too")
    copy_ttl: bool = key(Flag(), True, "copy the time-to-live setting")
    copy_billing: bool = key(
        Flag(), True, "copy billing mode and throughput; false: on demand. PolarDB ignores both"
    )
    on_error: OnError = key(  # noqa: RUF009 - immutable
        EnumChoice(OnError),
        OnError.SUSPEND,
        "action after an error of one table that a retry cannot resolve: the table was deleted, access to it "
        "is denied, the target refuses it. suspend: stop moving this table, and go on with the others; fail: "
        "stop the job",
    )
    resume: Tuple[NumberedTable, ...] = key(
        NumberedTables(),
        (),
        "suspended tables that go on where they were, such as [orders@1]. The number is that of the "
        "suspension, which `polarshake status` shows; a later suspension has another number. Not possible if "
        "the copy is incomplete",
    )
    rescan: Tuple[NumberedTable, ...] = key(
        NumberedTables(),
        (),
        "suspended tables that are copied again, such as [orders@1]. Target items that the source does not "
        "have are deleted",
    )
    release: Tuple[str, ...] = key(
        TableNames(),
        (),
        "tables that are not moved any more: names and globs. What has been copied stays at the target",
    )


@dataclass(frozen=True)
class ReadLimit:
    """Limit on the scan of each table, over all its segments."""

    unit: str = key(
        Choice("capacity", "requests"), "capacity", "what the rate counts: read capacity units, or Scan calls"
    )
    rate: float = key(Rate(), 0.0, "maximum rate; 0: no limit", "units per second and table")


@dataclass(frozen=True)
class ScanSettings:
    """The scan, which reads each table once."""

    segments: Optional[int] = key(
        AutoOr(1, 1_000_000),
        None,
        "number of parallel scan segments; auto: derived from the table's size",
        "segments per table",
    )
    filter_expression: Optional[str] = key(
        Text("a filter expression"),
        None,
        "copy only the items that match. Changes are not filtered: an item that changes during or after the "
        "scan is written even if it does not match",
    )
    names: Mapping[str, str] = key(AttributeNames(), {}, "the names that the expression uses")
    values: Mapping[str, Any] = key(
        AttributeValues(), {}, "the values that the expression uses, as DynamoDB JSON"
    )
    consistent_read: bool = key(Flag(), False, "strongly consistent reads, at twice the cost")
    limit: int = key(
        Integer(0, 1_000_000), 0, "maximum page size (Limit of Scan); 0: up to 1 MB", "items per page"
    )
    read_limit: ReadLimit = field(default_factory=ReadLimit)
    prefetch_bytes: int = key(
        Integer(1 << 20, 1 << 34),
        16 << 20,
        "pages that a reader buffers before it waits for the writers",
        "bytes per worker, or per reader of a check",
    )


@dataclass(frozen=True)
class StreamSettings:
    """The stream of each table, which holds its changes."""

    enable: bool = key(
        Flag(),
        True,
        "enable the stream of a table that has none (NEW_AND_OLD_IMAGES); false: refuse the table",
    )
    gap: GapPolicy = key(  # noqa: RUF009 - immutable
        EnumChoice(GapPolicy),
        GapPolicy.SUSPEND,
        "action if changes left the stream before they were read. suspend: stop moving this table until "
        "tables.rescan names it, and go on with the others; rescan: scan the table again at once and delete "
        "target items that the source no longer has; fail: stop the job, as versions did that did not have "
        "suspend",
    )
    start: str = key(
        Choice("oldest", "now"),
        "oldest",
        "start position with mode: incremental. oldest: the oldest change in the stream; now: five minutes "
        "before the start of the job",
    )
    poll_milliseconds: int = key(
        Integer(50, 60_000),
        100,
        "pause between two reads of a shard; grows to one second while the shard is idle",
        "milliseconds",
    )
    grace_seconds: int = key(
        Integer(0, 3600), 5, "delay between the discovery of a table's shards and its first Scan", "seconds"
    )
    hold_hours: float = key(
        Hours(20),
        8.0,
        "maximum time for which the changes of a table wait for its scan. Then the scan pauses until the "
        "changes are applied. DynamoDB keeps changes for 24 hours",
        "hours",
    )
    new_tables: bool = key(Flag(), True, "also migrate tables that are created while the job runs")
    discovery_seconds: int = key(Integer(1, DAY), 60, "time between two searches for new tables", "seconds")


@dataclass(frozen=True)
class WriteSettings:
    """Writing to the target."""

    limit: float = key(
        Rate(),
        0.0,
        "maximum write rate of each table, over all writers; 0: no limit",
        "items per second and table",
    )
    in_flight: int = key(
        Integer(1, 1024),
        128,
        "maximum concurrent requests. In the time of one request, a writer writes at most this number, times "
        "25 items",
        "requests per writer",
    )
    retry_seconds: int = key(
        Integer(1, 3600),
        120,
        "how long throttled and failed requests are retried while none succeeds; then the job restarts",
        "seconds",
    )
    mark_origin: str = key(
        Choice("changes", "all", "none"),
        "changes",
        "forward job: write a row of PolarDB's table polarshake_origin with each request that contains a "
        "change (changes) or with every request (all). A reverse job that runs at the same time uses the row "
        "to skip these writes",
    )
    request_timeout_seconds: int = key(
        Integer(1, 300), 30, "timeout of a request; at most write.retrySeconds", "seconds"
    )


@dataclass(frozen=True)
class CheckSettings:
    """The check job. Most keys also have an option: see `flink run -py jobs/check.py -h`."""

    direction: Direction = key(  # noqa: RUF009 - immutable
        EnumChoice(Direction),
        Direction.FORWARD,
        "the side that is the source of truth. forward: DynamoDB; reverse: PolarDB. The other side is the "
        "target",
    )
    report: Optional[str] = key(
        StoragePlace("/mnt/shared/check-report", relative=True),
        None,
        "place of the report, which a worker writes. A folder must be shared if workers run on several "
        "machines; it can be relative to the folder where the job is submitted. Empty: check-report",
    )
    window_seconds: float = key(
        Rate(),
        15.0,
        "the longest time that replication may need. A difference counts only if it has not changed for this "
        "time",
        "seconds",
    )
    settle_seconds: float = key(
        Rate(),
        60.0,
        "how long a difference is watched before it is reported; at least check.windowSeconds",
        "seconds",
    )
    suspects: int = key(
        Integer(1, 10_000_000),
        100_000,
        "maximum number of differing keys that are read again; further ones are only counted",
        "keys per table",
    )
    sample: int = key(
        Integer(0, 1_000_000),
        0,
        "compare only this number of random keys; 0: compare every item",
        "keys per table and side",
    )
    keys: Optional[str] = key(
        LocalPath(),
        None,
        "compare only the keys in this file: the report.jsonl of an earlier check, or lines of "
        '{"table": .., "key": ..}',
    )
    lanes: int = key(
        Integer(1, 128),
        4,
        "number of parts in which the two sides are joined; each key belongs to one of them. It limits the "
        "useful parallelism and cannot be changed when a check resumes from a savepoint",
        "lanes",
    )
    since: Optional[str] = key(
        StoragePlace("/mnt/shared/check-report", relative=True),
        None,
        "compare only the keys that have changed since the check whose report is in this place, and since "
        "the checks that followed it. The report is then written to `changes` below it, unless check.report "
        "names another place. Empty: compare every item",
    )
    follow: bool = key(Flag(), False, "with check.since: compare the changes again and again")
    until: FollowUntil = key(  # noqa: RUF009 - immutable
        EnumChoice(FollowUntil),
        FollowUntil.STOPPED,
        "with check.follow: when to end. stopped: by SIGINT; quiet: when no key has changed since the last "
        "time and both sides are equal",
    )
    repair: bool = key(Flag(), False, "write the source's value of each confirmed difference to the target")
    delete_extra: bool = key(
        Flag(),
        False,
        "with check.repair: delete target items that the source does not have. In a table that the source "
        "lacks, nothing is deleted unless filter.whiteTableSet contains its full name",
    )


@dataclass(frozen=True)
class Settings:
    """Settings that belong to no section."""

    mode: CopyMode = key(  # noqa: RUF009 - immutable
        EnumChoice(CopyMode),
        CopyMode.ALL,
        "what the forward job does. full: create the tables and copy them once; incremental: apply changes "
        "from the streams only; all: like full, and apply all changes made since the copy started; schema: "
        "create the tables only",
    )
    target: TargetName = key(  # noqa: RUF009 - immutable
        EnumChoice(TargetName), TargetName.POLARDB, "the database that the forward job writes to"
    )
    dynamodb: DynamoDb = field(default_factory=DynamoDb)
    polardb: PolarDb = field(default_factory=PolarDb)
    mongodb: MongoDb = field(default_factory=MongoDb)
    filter: TableFilter = field(default_factory=TableFilter)
    tables: TableSettings = field(default_factory=TableSettings)
    scan: ScanSettings = field(default_factory=ScanSettings)
    streams: StreamSettings = field(default_factory=StreamSettings)
    write: WriteSettings = field(default_factory=WriteSettings)
    check: CheckSettings = field(default_factory=CheckSettings)
    reverse: Reverse = field(default_factory=Reverse)
    readers: int = key(
        Integer(1, 128),
        8,
        "number of parts into which a job divides its reading; each part has several segments and shards, or "
        "replication slots. It limits the useful parallelism and cannot be changed when a job resumes from a "
        "savepoint",
        "parts",
    )
    parallelism: Optional[int] = key(
        Integer(1, 4096),
        None,
        "parallel subtasks; empty: the value of `flink run -p` or the cluster's default. Can differ from run "
        "to run",
        "subtasks",
    )
    checkpoint: CheckpointSettings = field(default_factory=CheckpointSettings)
    restart: RestartSettings = field(default_factory=RestartSettings)
    dead_letter: DeadLetterSettings = field(default_factory=DeadLetterSettings)
    control: ControlSettings = field(default_factory=ControlSettings)
    notify: NotifySettings = field(default_factory=NotifySettings)
    health: HealthSettings = field(default_factory=HealthSettings)
    storage: StorageSettings = field(default_factory=StorageSettings)

    @property
    def control_place(self) -> Optional[str]:
        """Where commands to a running job are stored; None if there are none."""
        letters = self.dead_letter.path
        return self.control.path or (f"{letters.rstrip('/')}/{CONTROL_FOLDER}" if letters else None)

    @property
    def record_place(self) -> Optional[str]:
        """Where the reverse job records the keys of the changes; None if it does not."""
        letters = self.dead_letter.path
        return self.reverse.record or (f"{letters.rstrip('/')}/{RECORD_FOLDER}" if letters else None)

    @property
    def feeds(self) -> List[Tuple[str, str]]:
        """The replication slots that the reverse job reads, each with its publication."""
        return sorted(self.reverse.slots.items()) or [(self.polardb.slot_name, self.polardb.publication)]
