"""Every setting of every job, with its default. Frozen, and picklable: workers get it with the job."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, List, Mapping, Optional, Tuple

from connectors.config.choices import CopyMode, Direction, EnumChoice, GapPolicy, TargetName
from connectors.config.expressions import AttributeNames, AttributeValues
from connectors.config.filters import TableFilter
from connectors.config.folders import Folder, LocalPath
from connectors.config.keys import key
from connectors.config.kinds import AutoOr, Choice, Flag, Hours, Integer, Rate, Text
from connectors.config.reverse import Reverse
from connectors.config.sides import DynamoDb, MongoDb, PolarDb

DAY = 86_400


@dataclass(frozen=True)
class TableSettings:
    """Creating the tables at the target."""

    existing: str = key(
        Choice("keep", "fail", "recreate", "rename"),
        "keep",
        "a table that is already there: keep writes into it, fail stops before anything is written, "
        "recreate DROPS it first, if the source has the table when the job begins; rename (MongoDB only) "
        "puts it aside under a name with the time in it",
    )
    create_indexes: bool = key(Flag(), True, "create the secondary indexes too")
    copy_ttl: bool = key(Flag(), True, "copy the time-to-live setting")
    copy_billing: bool = key(
        Flag(), True, "copy billing mode and throughput; false: on demand. PolarDB ignores both"
    )


@dataclass(frozen=True)
class ReadLimit:
    """How fast one table is scanned, over all its segments."""

    unit: str = key(
        Choice("capacity", "requests"), "capacity", "what the rate counts: read capacity units, or Scan calls"
    )
    rate: float = key(Rate(), 0.0, "how fast; 0: no limit", "units per second and table")


@dataclass(frozen=True)
class ScanSettings:
    """Reading each table once, from end to end."""

    segments: Optional[int] = key(
        AutoOr(1, 1_000_000),
        None,
        "parts of a table that are read side by side; auto: by the table's size",
        "segments per table",
    )
    filter_expression: Optional[str] = key(
        Text("a filter expression"),
        None,
        "copy only the items it lets through. Changes are not filtered: an item that changes during or "
        "after the scan is written, whatever the expression says",
    )
    names: Mapping[str, str] = key(AttributeNames(), {}, "the names that the expression uses")
    values: Mapping[str, Any] = key(
        AttributeValues(), {}, "the values that the expression uses, as DynamoDB JSON"
    )
    consistent_read: bool = key(Flag(), False, "strongly consistent reads, at twice the cost")
    limit: int = key(Integer(0, 1_000_000), 0, "Limit of a page; 0: as many as make 1 MB", "items per page")
    read_limit: ReadLimit = field(default_factory=ReadLimit)
    prefetch_bytes: int = key(
        Integer(1 << 20, 1 << 34),
        16 << 20,
        "pages read ahead before reading waits for writing",
        "bytes per worker, or per reader of a check",
    )


@dataclass(frozen=True)
class StreamSettings:
    """Following the changes of each table."""

    enable: bool = key(
        Flag(), True, "switch on a missing stream (NEW_AND_OLD_IMAGES); false: refuse the table"
    )
    gap: GapPolicy = key(  # noqa: RUF009 - immutable
        EnumChoice(GapPolicy),
        GapPolicy.FAIL,
        "changes that were lost before they were read: fail stops the job; rescan scans the table again and "
        "deletes at the target what the source no longer has",
    )
    start: str = key(
        Choice("oldest", "now"),
        "oldest",
        "mode incremental: from the oldest change still held, or from now on (and five minutes before)",
    )
    poll_milliseconds: int = key(
        Integer(50, 60_000),
        100,
        "pause between two looks at a shard; grows to a second while idle",
        "milliseconds",
    )
    grace_seconds: int = key(
        Integer(0, 3600), 5, "wait between finding a table's shards and its first Scan", "seconds"
    )
    hold_hours: float = key(
        Hours(20),
        8.0,
        "how long a table's changes wait for its scan. The scan then pauses, the changes are caught up with, "
        "and the scan continues. DynamoDB keeps changes for 24 hours",
        "hours",
    )
    new_tables: bool = key(Flag(), True, "take in tables created while the job runs")
    discovery_seconds: int = key(Integer(1, DAY), 60, "how often new tables are looked for", "seconds")


@dataclass(frozen=True)
class WriteSettings:
    """Writing to the target."""

    limit: float = key(
        Rate(),
        0.0,
        "how fast one table is written, over all writers; 0: no limit",
        "items per second and table",
    )
    in_flight: int = key(Integer(1, 1024), 64, "requests on their way at once", "requests per writer")
    retry_seconds: int = key(
        Integer(1, 3600),
        120,
        "how long throttling and faults are retried while nothing gets through; then the job restarts",
        "seconds",
    )
    mark_origin: str = key(
        Choice("changes", "all", "none"),
        "changes",
        "forward job: put a row of PolarDB's table polarshake_origin into each request with a change, or "
        "into all, copies too: by it a reverse job that runs at the same time knows what not to send back",
    )
    request_timeout_seconds: int = key(
        Integer(1, 300), 30, "after this time a request counts as failed; not above retrySeconds", "seconds"
    )


@dataclass(frozen=True)
class CheckSettings:
    """The check job. Each key has an option of its own too, where `flink run -py jobs/check.py -h` shows
    one."""

    direction: Direction = key(  # noqa: RUF009 - immutable
        EnumChoice(Direction),
        Direction.FORWARD,
        "which side is the truth. forward: DynamoDB; reverse: PolarDB. The other is the target",
    )
    report: Optional[str] = key(
        LocalPath(),
        None,
        "the folder of the report, written by a worker: shared, if workers run on several machines. Empty: "
        "check-report in the folder that the job is submitted from",
    )
    window_seconds: float = key(
        Rate(),
        15.0,
        "the longest time that replication may need: a difference counts once it has stood still for so long",
        "seconds",
    )
    settle_seconds: float = key(
        Rate(),
        60.0,
        "how long a difference is watched before it is reported; not below windowSeconds",
        "seconds",
    )
    suspects: int = key(
        Integer(1, 10_000_000),
        100_000,
        "differing keys of a table that are looked at one by one; more are counted only",
        "keys per table",
    )
    sample: int = key(
        Integer(0, 1_000_000),
        0,
        "compare only so many random keys, of each side; 0: every item",
        "keys per table and side",
    )
    keys: Optional[str] = key(
        LocalPath(),
        None,
        "compare only the keys in this file: report.jsonl of an earlier check, or lines of "
        '{"table": .., "key": ..}',
    )
    repair: bool = key(Flag(), False, "write the source's value of each confirmed difference to the target")
    delete_extra: bool = key(Flag(), False, "with repair: delete at the target what the source does not have")


@dataclass(frozen=True)
class CheckpointSettings:
    """Flink's checkpoints, which hold the job's position."""

    interval: int = key(
        Integer(100, 3_600_000), 10_000, "time from one checkpoint to the next", "milliseconds"
    )


@dataclass(frozen=True)
class RestartSettings:
    """Starting again from the last checkpoint after a fault."""

    attempts: int = key(
        Integer(-1, 1_000_000),
        15,
        "restarts in a row before the job fails for good; 0: none, -1: no end",
        "restarts",
    )
    initial_delay_seconds: int = key(
        Integer(0, DAY), 1, "delay of the first restart; doubles each time", "seconds"
    )
    max_delay_seconds: int = key(Integer(1, DAY), 30, "the longest delay", "seconds")


@dataclass(frozen=True)
class DeadLetterSettings:
    """Items that the target refuses for good."""

    path: Optional[str] = key(
        Folder(),
        None,
        "a durable folder that every worker can write to and that outlives it, shared if workers run on "
        "several machines. Empty: the first refused item stops the job",
    )


@dataclass(frozen=True)
class Settings:
    """The configuration of every job."""

    mode: CopyMode = key(  # noqa: RUF009 - immutable
        EnumChoice(CopyMode),
        CopyMode.ALL,
        "what to do. full: create the tables and copy them once; incremental: follow their streams only; "
        "all: full, and the streams from before it on; schema: create the tables and stop",
    )
    target: TargetName = key(  # noqa: RUF009 - immutable
        EnumChoice(TargetName), TargetName.POLARDB, "where the forward job writes"
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
    lanes: int = key(
        Integer(1, 128),
        4,
        "check job only: the parts in which the two sides are joined; each key belongs to one. Not below the "
        "parallelism you will ever want: fixed, a savepoint cannot be resumed with another number",
        "lanes",
    )
    readers: int = key(
        Integer(1, 128),
        8,
        "the parts into which a job's reading is divided; each has some segments and shards, or replication "
        "slots. Not below the parallelism you will ever want: fixed, a savepoint cannot be resumed with "
        "another number",
        "parts",
    )
    parallelism: Optional[int] = key(
        Integer(1, 4096),
        None,
        "parallel subtasks; empty: what the cluster or `flink run -p` says. May change from run to run",
        "subtasks",
    )
    checkpoint: CheckpointSettings = field(default_factory=CheckpointSettings)
    restart: RestartSettings = field(default_factory=RestartSettings)
    dead_letter: DeadLetterSettings = field(default_factory=DeadLetterSettings)

    @property
    def feeds(self) -> List[Tuple[str, str]]:
        """The replication slots that the reverse job reads, each with its publication."""
        return sorted(self.reverse.slots.items()) or [(self.polardb.slot_name, self.polardb.publication)]
