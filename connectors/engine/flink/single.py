"""Operators of which a job has one."""

from __future__ import annotations

from pyflink.common import TypeInformation, Types
from pyflink.datastream import DataStream, KeyedProcessFunction


def single(
    stream: DataStream, function: KeyedProcessFunction, name: str, yields: TypeInformation
) -> DataStream:
    """One subtask, and one key in it, that all of `stream` goes to. `name` is its uid too."""
    return (
        stream.key_by(lambda one: 0, key_type=Types.INT())
        .process(function, yields)
        .name(name)
        .uid(name)
        .set_parallelism(1)
    )
