"""The dashboard's panels. Names of metrics as Flink's PrometheusReporter shows them."""

from __future__ import annotations

from typing import NamedTuple, Tuple

OPERATOR = "flink_taskmanager_job_task_operator_"
TABLE = f"{OPERATOR}table_"
JOB = "flink_jobmanager_job_"


class Query(NamedTuple):
    expression: str
    legend: str = "{{table}}"


class Panel(NamedTuple):
    title: str
    meaning: str
    queries: Tuple[Query, ...]
    unit: str = "short"
    """Grafana's name of the unit."""


class Row(NamedTuple):
    title: str
    panels: Tuple[Panel, ...]


def of(metric: str, job: str) -> str:
    """A selector. Blanks in a label become underscores unless filterLabelValueCharacters is off."""
    return f'{metric}{{job_name=~"polarshake.{job}"}}'


def summed(name: str, job: str = "forward") -> str:
    return f"sum by (table) ({of(TABLE + name, job)})"


def largest(name: str, job: str = "forward") -> str:
    return f"max by (table) ({of(TABLE + name, job)})"


def rate(name: str, job: str = "forward") -> str:
    return f"sum by (table) (rate({of(TABLE + name, job)}[1m]))"


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
            "Step",
            "0, 4, 8 ..: scans. 2, 6 ..: follows the stream. Odd: waits for what is in flight.",
            (Query(largest("step")),),
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
        ),
        Panel(
            "Throttled and retried requests",
            "Throttling slows the job down. No changes are lost.",
            tuple(
                Query(f"sum by (job_name) (rate({of(OPERATOR + name, '.*')}[1m]))", "{{job_name}} " + name)
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
        ),
        Panel(
            "Slot behind", "Bytes not confirmed yet.", (Query(largest("slotLagBytes", "reverse")),), "bytes"
        ),
        Panel("Slot behind, in time", "", (Query(largest("slotLagSeconds", "reverse")),), "s"),
        Panel(
            "Slot active",
            "0: no job reads the slot, and the log grows.",
            (Query(largest("slotActive", "reverse")),),
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
            "Milliseconds per second of the busiest subtask.",
            (
                Query(
                    f"max by (task_name) ({of('flink_taskmanager_job_task_busyTimeMsPerSecond', '.*')})",
                    "{{task_name}}",
                ),
            ),
            "ms",
        ),
    ),
)
ROWS = (FORWARD, WRITING, REVERSE, CHECK, FLINK)
