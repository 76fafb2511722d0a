"""The subtask to which Flink sends a key."""

from __future__ import annotations

from connectors.engine.flink.keygroups import MAX_PARALLELISM, key_group


def subtask(key: int, parallelism: int) -> int:
    return key_group(key) * parallelism // MAX_PARALLELISM
