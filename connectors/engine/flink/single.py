"""Operators with one subtask."""

from __future__ import annotations

from pyflink.common import TypeInformation, Types
from pyflink.datastream import DataStream, KeyedProcessFunction


def single(
    stream: DataStream, function: KeyedProcessFunction, name: str, yields: TypeInformation
) -> DataStream:
    """Send all of `stream` to one subtask and one key. `name` is also its uid."""
    return (
        stream.key_by(lambda record: 0, key_type=Types.INT())
        .process(function, yields)
        .name(name)
        .uid(name)
        .set_parallelism(1)
    )
