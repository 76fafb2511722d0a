"""The dashboard's panels. Names of metrics as Flink's PrometheusReporter shows them."""

from __future__ import annotations

from typing import Mapping, NamedTuple, Optional, Tuple

OPERATOR = "flink_taskmanager_job_task_operator_"
TABLE = f"{OPERATOR}table_"
JOB = "flink_jobmanager_job_"
BUSY = "flink_taskmanager_job_task_busyTimeMsPerSecond"


class Query(NamedTuple):
    expression: str
    legend: str = "{{table}}"


class Step(NamedTuple):
    """A colour, and the value from which it applies; None: from the lowest."""

    value: Optional[float]
    colour: str


Thresholds = Tuple[Step, ...]


class Panel(NamedTuple):
    title: str
    meaning: str
    queries: Tuple[Query, ...]
    unit: str = "short"
    """Grafana's name of the unit."""
    kind: str = "timeseries"
    """Grafana's name of the panel: timeseries, stat or state-timeline."""
    thresholds: Thresholds = ()
    words: Mapping[int, Tuple[str, str]] = {}
    """Text and colour of a value."""


class Row(NamedTuple):
    title: str
    panels: Tuple[Panel, ...]
    width: int = 8
    """Of a panel, in Grafana's 24 columns."""
    height: int = 8


GREEN, YELLOW, RED, BLUE, GREY = "green", "yellow", "red", "blue", "text"
JOBS = "$job"
"""The variable with the names of the jobs; `$run` has their ids."""


def limits(yellow: float, red: float) -> Thresholds:
    return (Step(None, GREEN), Step(yellow, YELLOW), Step(red, RED))


LAG, NONE_MAY = limits(60, 300), (Step(None, GREEN), Step(1, RED))
WAL = limits(10 * 1024**3, 50 * 1024**3)
"""As the alerts have them."""
BY = "job_name, job_id, table"
"""Two migrations may have a table of the same name: without the job's id their series would be summed."""


def of(metric: str, job: str) -> str:
    """A selector. Blanks in a label become underscores unless filterLabelValueCharacters is off."""
    return f'{metric}{{job_name=~"polarshake.{job}",job_name=~"{JOBS}",job_id=~"$run"}}'


def summed(name: str, job: str = "forward") -> str:
    return f"sum by ({BY}) ({of(TABLE + name, job)})"


def largest(name: str, job: str = "forward") -> str:
    return f"max by ({BY}) ({of(TABLE + name, job)})"


def rate(name: str, job: str = "forward") -> str:
    return f"sum by ({BY}) (rate({of(TABLE + name, job)}[1m]))"


def tile(title: str, meaning: str, expression: str, thresholds: Thresholds, unit: str = "short") -> Panel:
    return Panel(title, meaning, (Query(expression, ""),), unit, "stat", thresholds)


OVERVIEW = Row(
    "Overview",
    (
        tile(
            "Running jobs",
            "Jobs that the JobManager reports.",
            f"count({of(JOB + 'runningTime', '.*')}) or vector(0)",
            (Step(None, RED), Step(1, GREEN)),
        ),
        tile(
            "Copied",
            "Share of all segments that are read to their end and written.",
            f"sum({of(TABLE + 'segmentsDone', 'forward')}) / sum({largest('segments')})",
            (Step(None, BLUE), Step(1, GREEN)),
            "percentunit",
        ),
        tile(
            "Largest lag",
            "Of tables that are not being scanned.",
            f"max({largest('lagSeconds')} unless on ({BY}) ({largest('step')} % 4 == 0))",
            LAG,
            "s",
        ),
        tile(
            "Lag measured before",
            "Seconds since the oldest measurement. Above two minutes, no lag on this page is current.",
            f"time() - min({of(TABLE + 'measuredAt', '(forward|reverse)')})",
            limits(30, 120),
            "s",
        ),
        tile(
            "Dead letters",
            "Resolve each one.",
            f"sum({of(TABLE + 'deadLetters', '.*')}) or vector(0)",
            NONE_MAY,
        ),
        tile("Restarts in an hour", "", f"sum(increase({of(JOB + 'numRestarts', '.*')}[1h]))", limits(1, 3)),
        tile(
            "Checkpoints in ten minutes",
            "Completed ones, of the job with the fewest.",
            f"min(increase({of(JOB + 'numberOfCompletedCheckpoints', '.*')}[10m]))",
            (Step(None, RED), Step(1, GREEN)),
        ),
        tile(
            "Retained WAL",
            "Of the largest slot.",
            f"max({of(TABLE + 'retainedWalBytes', 'reverse')})",
            WAL,
            "bytes",
        ),
    ),
    width=3,
    height=4,
)
PHASES = {
    0: ("new", GREY),
    1: ("target table created", BLUE),
    2: ("shards known", BLUE),
    3: ("scan assigned", GREEN),
}
STEPS = {
    -1: ("before the scan", GREY),
    0: ("scans", BLUE),
    1: ("waits for writes", YELLOW),
    2: ("follows", GREEN),
    3: ("waits for writes", YELLOW),
}
TABLES = Row(
    "Tables",
    (
        Panel(
            "Phase",
            "From the discovery of a table to its scan.",
            (Query(largest("phase")),),
            kind="state-timeline",
            words=PHASES,
        ),
        Panel(
            "Step",
            "Scan and stream of a table take turns: docs/how-it-works.md.",
            (Query(f"{largest('step')} % 4"),),
            kind="state-timeline",
            words=STEPS,
        ),
    ),
    width=12,
)
FORWARD = Row(
    "Forward: DynamoDB to PolarDB",
    (
        Panel(
            "Copied",
            "Share of segments read to their end. 100 %: every item has been scanned.",
            (Query(f"{summed('segmentsDone')} / {largest('segments')}"),),
            "percentunit",
        ),
        Panel(
            "Items scanned, share of those expected",
            "The estimate is up to about six hours old: the final value may be above or below 100 %.",
            (Query(f"{summed('scannedItems')} / {largest('expectedItems')}"),),
            "percentunit",
        ),
        Panel(
            "Lag",
            "Lag of the slowest subtask. An idle table shows about 6 s. While a table is scanned, its "
            "changes wait and its lag grows.",
            (Query(largest("lagSeconds")),),
            "s",
            thresholds=LAG,
        ),
        Panel("Written", "Items put or deleted at the target.", (Query(rate("written")),), "ops"),
        Panel("Changes", "Read from the stream.", (Query(rate("streamed")),), "ops"),
        Panel(
            "Bytes",
            "Read from the source, written to the target.",
            (Query(rate("bytesRead"), "{{table}} read"), Query(rate("bytesWritten"), "{{table}} written")),
            "Bps",
        ),
        Panel(
            "Suspended",
            "Number of the suspension; 0 while the table is moved. polarshake status has the reason.",
            (Query(largest("suspended")),),
        ),
        Panel(
            "Scans begun",
            "Above 1: there was a gap, and the table was scanned again.",
            (Query(largest("generation")),),
        ),
    ),
)
WRITING = Row(
    "Writing, of every job",
    (
        Panel(
            "Dead letters",
            "Items that the target rejected permanently. Resolve each one before the cut-over.",
            (Query(summed("deadLetters", ".*")),),
            thresholds=NONE_MAY,
        ),
        Panel(
            "Throttled and retried requests",
            "Throttling slows the job down. No changes are lost.",
            tuple(
                Query(
                    f"sum by (job_name, job_id) (rate({of(OPERATOR + name, '.*')}[1m]))",
                    "{{job_name}} " + name,
                )
                for name in ("throttles", "retries")
            ),
            "ops",
        ),
    ),
)
REVERSE = Row(
    "Reverse: PolarDB to DynamoDB",
    (
        Panel(
            "Retained WAL",
            "The log that the slot retains. It grows until the disk is full.",
            (Query(largest("retainedWalBytes", "reverse")),),
            "bytes",
            thresholds=WAL,
        ),
        Panel(
            "Slot behind", "Bytes not confirmed yet.", (Query(largest("slotLagBytes", "reverse")),), "bytes"
        ),
        Panel(
            "Slot behind, in time", "", (Query(largest("slotLagSeconds", "reverse")),), "s", thresholds=LAG
        ),
        Panel(
            "Slot active",
            "0: no job reads the slot, and the log grows.",
            (Query(largest("slotActive", "reverse")),),
            kind="state-timeline",
            words={0: ("nobody reads it", RED), 1: ("active", GREEN)},
        ),
        Panel(
            "Written back", "Items put or deleted in DynamoDB.", (Query(rate("written", "reverse")),), "ops"
        ),
    ),
)
CHECK = Row(
    "Check",
    (
        Panel(
            "Suspects", "Differing keys that are still being watched.", (Query(summed("suspects", "check")),)
        ),
        Panel("Confirmed differences", "", (Query(summed("confirmed", "check")),)),
    ),
)
FLINK = Row(
    "Flink",
    (
        Panel("Restarts", "", (Query(of(f"{JOB}numRestarts", ".*"), "{{job_name}}"),)),
        Panel(
            "Checkpoints",
            "In the last ten minutes.",
            tuple(
                Query(f"increase({of(JOB + name, '.*')}[10m])", "{{job_name}} " + label)
                for name, label in (
                    ("numberOfCompletedCheckpoints", "done"),
                    ("numberOfFailedCheckpoints", "failed"),
                )
            ),
        ),
        Panel(
            "Checkpoint's duration",
            "",
            (Query(of(f"{JOB}lastCheckpointDuration", ".*"), "{{job_name}}"),),
            "ms",
        ),
        Panel(
            "Checkpoint's size", "", (Query(of(f"{JOB}lastCheckpointSize", ".*"), "{{job_name}}"),), "bytes"
        ),
        Panel(
            "Busy",
            "Milliseconds per second of the busiest subtask. An idle job shows about 800, because Flink "
            "counts waiting for a Python worker as busy.",
            (
                Query(
                    f"max by (job_id, task_name) ({of(BUSY, '.*')})",
                    "{{task_name}}",
                ),
            ),
            "ms",
        ),
    ),
)
ROWS = (OVERVIEW, TABLES, FORWARD, WRITING, REVERSE, CHECK, FLINK)
