"""JobProgress from the responses of Flink's REST API. Pure."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, Optional

from connectors.base.table_fault import FaultKind
from connectors.command.progress.metrics import JobMetrics
from connectors.command.progress.snapshot import (
    ChangedRates,
    Checkpoint,
    JobProgress,
    Shards,
    SlotProgress,
    Stage,
    SuspendedTable,
    TableProgress,
)
from connectors.engine.enumerator.suspension import ways_out
from connectors.engine.enumerator.table_planner import TablePhase
from connectors.model.steps import FIRST_FOLLOW, StepKind, kind_of

LIVE_WITHIN = 10
"""Maximum lag of a live table, in seconds. An idle shard always counts as 5 s behind, because a change may
take that long to appear in the stream. The pause of up to a second between two reads of a shard, the
heartbeats and the age of the metrics add to that."""

METRICS_SECONDS = 10.0
_UNITS = {"": 0.001, "ms": 0.001, "s": 1.0, "sec": 1.0, "min": 60.0, "m": 60.0}


def progress(
    job: Mapping[str, Any], checkpoints: Mapping[str, Any], restarts: Any, metrics: JobMetrics
) -> JobProgress:
    """`job`: /jobs/ID; `checkpoints`: /jobs/ID/checkpoints; `restarts`: /jobs/ID/metrics?get=numRestarts."""
    return JobProgress(
        job_id=job["jid"],
        name=job["name"],
        state=job["state"],
        seconds=job["duration"] / 1000,
        restarts=int(float(restarts[0]["value"])) if restarts else 0,
        checkpoints=checkpoints.get("counts", {}).get("completed", 0),
        checkpoint=_checkpoint(checkpoints),
        retries=metrics.job.get("retries", 0),
        throttles=metrics.job.get("throttles", 0),
        commands_followed=metrics.job.get("commandsFollowed", 0),
        commands_refused=metrics.job.get("commandsRefused", 0),
        rates=changed_rates(metrics.job),
        tables={
            name: table(name, numbers, bool(metrics.slots))
            for name, numbers in sorted(metrics.tables.items())
        },
        slots={name: slot(name, numbers) for name, numbers in sorted(metrics.slots.items())},
        failed_checkpoints=_failed(checkpoints),
        last_checkpoint_failed=_last_failed(checkpoints),
    )


def table(name: str, numbers: Mapping[str, int], of_slot: bool = False) -> TableProgress:
    """The progress of a table. `of_slot`: its changes come from a replication slot, so it has no phases."""

    def count(metric: str) -> int:
        return numbers.get(metric, 0)

    return TableProgress(
        table=name,
        stage=_by_lag(numbers.get("lagSeconds")) if of_slot else stage(numbers),
        generation=count("generation"),
        scanned=count("scannedItems"),
        expected=count("expectedItems"),
        segments_done=count("segmentsDone"),
        segments=count("segments"),
        dead_letters=count("deadLetters"),
        lag=None if numbers.get("handedOver") else numbers.get("lagSeconds"),
        follows=_follows(numbers),
        streamed=count("streamed"),
        written=count("written"),
        target_scanned=count("scannedTargetItems"),
        target_expected=count("expectedTargetItems"),
        suspects=count("suspects"),
        settled=count("settled"),
        confirmed=count("confirmed"),
        read=count("read"),
        measured_at=numbers.get("measuredAt"),
        suspended=suspended(name, numbers),
        rates=changed_rates(numbers),
        handed_over=count("handedOver"),
        handed_over_at=count("handedOverAt"),
        shards=Shards(
            count("shardsFound"),
            count("shardsPassedOver"),
            count("shardsWaiting"),
            count("shardsReading"),
            count("shardsDone"),
        ),
    )


def slot(name: str, numbers: Mapping[str, int]) -> SlotProgress:
    active = numbers.get("slotActive")
    return SlotProgress(
        slot=name,
        active=None if active is None else bool(active),
        lag_bytes=numbers.get("slotLagBytes"),
        lag_seconds=numbers.get("slotLagSeconds"),
        retained_bytes=numbers.get("retainedWalBytes"),
        retained_high=bool(numbers.get("retainedWalHigh")),
        measured_at=numbers.get("measuredAt"),
    )


def suspended(table: str, numbers: Mapping[str, int]) -> Optional[SuspendedTable]:
    number, kind = numbers.get("suspended", 0), numbers.get("suspendedReason", 0)
    if not number:
        return None
    known = kind in FaultKind.__members__.values()
    words = (FaultKind(kind) if known else FaultKind.OTHER).words
    ways = ways_out(table, number, bool(numbers.get("suspendedIncomplete")))
    return SuspendedTable(number, words.reason, f"{words.advice} {ways}")


def changed_rates(numbers: Mapping[str, int]) -> ChangedRates:
    """A gauge of -1 stands for the rate of the settings."""
    scan, write = (numbers.get(name, -1) for name in ("scanRate", "writeRate"))
    return ChangedRates(None if scan < 0 else scan, None if write < 0 else write)


def stage(numbers: Mapping[str, int]) -> Stage:
    if numbers.get("released"):
        return Stage.RELEASED
    if numbers.get("handedOver"):
        return Stage.HANDED_OVER
    if numbers.get("suspended"):
        return Stage.SUSPENDED
    phase, lag = numbers.get("phase", 0), numbers.get("lagSeconds")
    scans = numbers.get("generation", 0) > 0
    if phase < (TablePhase.SCANNING if scans else TablePhase.REGISTERED):
        return Stage.PREPARING
    if scans and numbers.get("segmentsDone", 0) < max(1, numbers.get("segments", 0)):
        return Stage.CATCHING_UP if _pauses(numbers) else Stage.SCANNING
    if "lanesLeft" in numbers:
        return Stage.SETTLING if numbers["lanesLeft"] else Stage.COMPARED
    if lag is None:
        return Stage.COPIED if scans else Stage.CATCHING_UP
    return _by_lag(lag) if _follows(numbers) else Stage.CATCHING_UP


def _follows(numbers: Mapping[str, int]) -> bool:
    """A job without steps always follows."""
    step = numbers.get("step")
    return step is None or kind_of(step) is StepKind.FOLLOW


def _pauses(numbers: Mapping[str, int]) -> bool:
    """Whether the scan is paused, for the changes that have waited for it."""
    step = numbers.get("step", 0)
    return step >= FIRST_FOLLOW and kind_of(step) in (StepKind.FOLLOW, StepKind.FOLLOW_HALT)


def _by_lag(lag: Optional[int]) -> Stage:
    return Stage.LIVE if lag is not None and lag <= LIVE_WITHIN else Stage.CATCHING_UP


def failure(exceptions: Mapping[str, Any]) -> Optional[str]:
    """The message of the job's last failure, without the Java stack trace; None if there was none.

    `exceptions`: /jobs/ID/exceptions.
    """
    entries = exceptions.get("exceptionHistory", {}).get("entries", [])
    text = entries[0]["stacktrace"] if entries else exceptions.get("root-exception")
    if not text:
        return None
    lines = [line.strip() for line in str(text).splitlines()]
    own = [line for line in lines if line.startswith("connectors.")]
    return own[-1] if own else next((line for line in lines if line), None)


def failure_times(exceptions: Mapping[str, Any]) -> List[float]:
    """When the job failed or restarted, epoch seconds. `exceptions`: /jobs/ID/exceptions."""
    entries = exceptions.get("exceptionHistory", {}).get("entries", [])
    return [entry["timestamp"] / 1000 for entry in entries if "timestamp" in entry]


def interval_seconds(setting: str) -> float:
    """Seconds of a duration in the notation of Flink's configuration (`1000`, `10 s`, `500 ms`, `1 min`).

    Anything else gives ten seconds, the default of metrics.fetcher.update-interval.
    """
    match = re.fullmatch(r"\s*(\d+)\s*([a-z]*)\s*", setting)
    factor = _UNITS.get(match.group(2)) if match else None
    return float(match.group(1)) * factor if match and factor else METRICS_SECONDS


def _failed(checkpoints: Mapping[str, Any]) -> int:
    """Checkpoints that have failed, without those that Flink refused to begin.

    Flink counts a checkpoint as failed if not all tasks run yet, as while a job starts. Such a checkpoint has
    no number. The numbers of all others follow each other, so the largest one limits how many have failed.
    """
    counts = checkpoints.get("counts", {})
    latest = checkpoints.get("latest") or {}
    last = max([0, *(each["id"] for each in latest.values() if each and "id" in each)])
    begun = last - counts.get("completed", 0) - counts.get("in_progress", 0)
    return int(max(0, min(counts.get("failed", 0), begun)))


def _last_failed(checkpoints: Mapping[str, Any]) -> bool:
    latest = checkpoints.get("latest") or {}
    failed, completed = ((latest.get(name) or {}).get("id", 0) for name in ("failed", "completed"))
    return _failed(checkpoints) > 0 and bool(failed > completed)


def _checkpoint(checkpoints: Mapping[str, Any]) -> Optional[Checkpoint]:
    last: Optional[Dict[str, Any]] = (checkpoints.get("latest") or {}).get("completed")
    if not last:
        return None
    at = last.get("latest_ack_timestamp", 0) / 1000
    return Checkpoint(last["id"], last["end_to_end_duration"], last["state_size"], at)
