"""A stream that never ends: after a bounded source Flink ends the job and drops pending timers."""

from __future__ import annotations

from pyflink.common import Types
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.datastream.functions import SourceFunction
from pyflink.java_gateway import get_gateway


def ticks(env: StreamExecutionEnvironment) -> DataStream:
    """An endless stream of one element per second, from Flink's generator (part of the distribution)."""
    datagen = get_gateway().jvm.org.apache.flink.streaming.api.functions.source.datagen
    source = datagen.DataGeneratorSource(datagen.RandomGenerator.intGenerator(0, 1), 1, None)
    return env.add_source(SourceFunction(source), "tick", Types.INT()).set_parallelism(1)
