"""The shapes of the jobs: ticks -> enumerator -> workers, and for the check -> readers -> lanes."""

from __future__ import annotations

from typing import Dict, Mapping, Optional

from pyflink.common import Configuration, Types
from pyflink.datastream import (
    CheckpointingMode,
    DataStream,
    KeyedProcessFunction,
    StreamExecutionEnvironment,
)
from pyflink.java_gateway import get_gateway

from connectors.config.operation import RestartSettings
from connectors.config.settings import Settings
from connectors.engine.components import Job, LaneJob, PlanningParts, ReadingParts, WorkingParts
from connectors.engine.flink.enumerator import EnumeratorFunction
from connectors.engine.flink.keygroups import MAX_PARALLELISM
from connectors.engine.flink.light_client import import_without_beam
from connectors.engine.flink.reader import ReaderFunction
from connectors.engine.flink.single import single
from connectors.engine.flink.tick import ticks
from connectors.engine.flink.worker import WorkerFunction

_ORDER = Types.PICKLED_BYTE_ARRAY()


STATE_ON_DISK = {
    "state.backend.type": "rocksdb",
    "execution.checkpointing.incremental": "true",
    # State is written once and read once, so a cache of all managed memory would have no use.
    "state.backend.rocksdb.memory.fixed-per-slot": "64mb",
}
"""For a job whose state grows with its tables: checkpoints are incremental, and the heap does not grow."""


def environment(
    settings: Settings, unless_set: Optional[Mapping[str, str]] = None
) -> StreamExecutionEnvironment:
    """Checkpoints, restarts and bundles, from the settings and from the measurements in docs/.

    `unless_set`: options that apply unless the cluster or `flink run` sets them.
    """
    import_without_beam()
    env = StreamExecutionEnvironment.get_execution_environment(flink_options(settings))
    env.configure(_lacking(env, unless_set or {}))
    env.set_max_parallelism(MAX_PARALLELISM)
    if settings.parallelism is not None:
        env.set_parallelism(settings.parallelism)
    env.enable_checkpointing(settings.checkpoint.interval, CheckpointingMode.EXACTLY_ONCE)
    return env


def _lacking(env: StreamExecutionEnvironment, wanted: Mapping[str, str]) -> Configuration:
    given = env._j_stream_execution_environment.getConfiguration()
    options = Configuration()
    for name, value in wanted.items():
        if not given.containsKey(name):
            options.set_string(name, value)
    return options


def resumed() -> bool:
    """Whether this submission starts from a savepoint or checkpoint (`flink run -s`)."""
    env = StreamExecutionEnvironment.get_execution_environment()
    configuration = env._j_stream_execution_environment.getConfiguration()
    options = get_gateway().jvm.org.apache.flink.configuration.StateRecoveryOptions
    return bool(configuration.getOptional(options.SAVEPOINT_PATH).isPresent())


def flink_options(settings: Settings) -> Configuration:
    options = Configuration()
    for name, value in {
        # A timer waits for the bundle before it: with the default of 1000 ms it is 834 ms late.
        "python.fn-execution.bundle.time": "10",
        # A record contains many pages. A larger bundle would only delay a checkpoint barrier.
        "python.fn-execution.bundle.size": "1",
        # State is read once, when a part starts. The check's is large: it must not be cached a second time.
        "python.map-state.read-cache-size": "8",
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        "execution.checkpointing.min-pause": str(settings.checkpoint.interval // 2),
        "execution.checkpointing.tolerable-failed-checkpoints": "10",
        **restart_options(settings.restart),
    }.items():
        options.set_string(name, value)
    return options


def restart_options(restart: RestartSettings) -> Dict[str, str]:
    """Flink rejects 0 for a number of restarts and for milliseconds."""
    if restart.attempts == 0:
        return {"restart-strategy.type": "none"}
    attempts = restart.attempts if restart.attempts > 0 else 2**31 - 1
    prefix = "restart-strategy.exponential-delay"
    return {
        "restart-strategy.type": "exponential-delay",
        f"{prefix}.initial-backoff": f"{restart.initial_delay_seconds * 1000 or 1} ms",
        f"{prefix}.max-backoff": f"{restart.max_delay_seconds} s",
        f"{prefix}.backoff-multiplier": "2.0",
        f"{prefix}.reset-backoff-threshold": "10 min",
        f"{prefix}.attempts-before-reset-backoff": str(attempts),
    }


def notices(env: StreamExecutionEnvironment, job: Job[WorkingParts]) -> DataStream:
    """The forward job. Its output is a few texts about its progress."""
    return (
        orders(env, job)
        .key_by(lambda order: order[0], key_type=Types.INT())
        .process(WorkerFunction(job), Types.STRING())
        .name("worker")
        .uid("worker")
    )


def orders(env: StreamExecutionEnvironment, job: Job[PlanningParts]) -> DataStream:
    """What the enumerator orders: (reader key, order)."""
    return single(ticks(env), EnumeratorFunction(job), "enumerator", _ORDER)


def pages(env: StreamExecutionEnvironment, job: LaneJob[ReadingParts]) -> DataStream:
    """What the readers send to the lanes: (lane key, lane record)."""
    return (
        orders(env, job)
        .key_by(lambda order: order[0], key_type=Types.INT())
        .process(ReaderFunction(job), _ORDER)
        .name("reader")
        .uid("reader")
    )


def lanes(pages: DataStream, function: KeyedProcessFunction) -> DataStream:
    """The lanes' notices, as texts."""
    return (
        pages.key_by(lambda page: page[0], key_type=Types.INT())
        .process(function, Types.STRING())
        .name("lane")
        .uid("lane")
    )
