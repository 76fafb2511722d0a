"""How a job runs and is watched: checkpoints, restarts, dead letters, commands, events, health."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from connectors.base.secret import Secret
from connectors.base.text import DAY
from connectors.config.keys import key
from connectors.config.kinds import Integer
from connectors.config.places import StoragePlace


@dataclass(frozen=True)
class CheckpointSettings:
    """Flink's checkpoints, which store the job's position."""

    interval: int = key(
        Integer(100, 3_600_000), 10_000, "time between the starts of two checkpoints", "milliseconds"
    )


@dataclass(frozen=True)
class RestartSettings:
    """Restarts from the last checkpoint after a fault."""

    attempts: int = key(
        Integer(-1, 1_000_000),
        15,
        "consecutive restarts before the job fails permanently; 0: none, -1: unlimited",
        "restarts",
    )
    initial_delay_seconds: int = key(
        Integer(0, DAY), 1, "delay before the first restart; doubles with each restart", "seconds"
    )
    max_delay_seconds: int = key(Integer(1, DAY), 30, "maximum delay before a restart", "seconds")


@dataclass(frozen=True)
class DeadLetterSettings:
    """Items that the target rejects permanently."""

    path: Optional[str] = key(
        StoragePlace("/mnt/shared/dead-letters"),
        None,
        "a durable place that outlives the workers and that each of them can write to. A folder must be "
        "shared if workers run on several machines. Empty: the first rejected item stops the job",
    )


@dataclass(frozen=True)
class ControlSettings:
    """Commands to a running forward job: `polarshake table` and `polarshake throttle`."""

    path: Optional[str] = key(
        StoragePlace("/mnt/shared/control"),
        None,
        "where commands and their answers are stored. The worker and the machine where a command is given "
        "must share it. Each migration needs its own place. Whoever can write there can suspend tables. "
        "Empty: the folder control in deadLetter.path; if that is empty too, there are no commands",
    )


@dataclass(frozen=True)
class NotifySettings:
    """Events: phases, suspensions, new copies, commands, results of checks, steps of a cut-over. A webhook is
    given with --notifywebhook."""

    events: Optional[str] = key(
        StoragePlace("/mnt/shared/events"),
        None,
        "where events are stored as JSON lines. Empty: nowhere",
    )
    webhook: Optional[Secret] = None
    """Each event is posted to this URL; None: to none."""


@dataclass(frozen=True)
class HealthSettings:
    """`polarshake status --health`."""

    lag_seconds: int = key(
        Integer(1, DAY),
        300,
        "lag above which a table that follows its stream, or a replication slot, needs attention",
        "seconds",
    )
