"""Keys that Flink distributes evenly over its subtasks for any parallelism.

Flink sends key k to key group murmur(hash) mod maxParallelism, and group g to subtask
g * parallelism / maxParallelism (KeyGroupRangeAssignment). PyFlink wraps a key into a Row of one field.
With the keys 0, 1, 2 .. one subtask would have twice the load of another. Therefore keys are searched whose
groups are equally spaced.
"""

from __future__ import annotations

from typing import List

MAX_PARALLELISM = 128
"""Fixed for all jobs: it is part of the state, and a savepoint cannot be restored with another value."""

_ROW_OF_ONE_INT = 62
"""Row.of(k).hashCode() == 62 + k, compared with Flink in tests/integration/engine."""

_MASK = 0xFFFFFFFF


def _rotate(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (32 - bits))) & _MASK


def murmur(code: int) -> int:
    """org.apache.flink.util.MathUtils.murmurHash of a 32-bit hash code."""
    code = _rotate((code * 0xCC9E2D51) & _MASK, 15)
    code = _rotate((code * 0x1B873593) & _MASK, 13)
    code = ((code * 5 + 0xE6546B64) & _MASK) ^ 4
    code = ((code ^ (code >> 16)) * 0x85EBCA6B) & _MASK
    code = ((code ^ (code >> 13)) * 0xC2B2AE35) & _MASK
    code ^= code >> 16
    signed = code - (1 << 32) if code >> 31 else code
    return abs(signed) if signed != -(1 << 31) else 0


def key_group(key: int) -> int:
    return murmur((key + _ROW_OF_ONE_INT) & _MASK) % MAX_PARALLELISM


def even_keys(count: int) -> List[int]:
    """`count` (up to 128) distinct ints whose key groups are evenly spaced; the same list every time."""
    keys: List[int] = []
    for place in range(count):
        wanted = (2 * place + 1) * MAX_PARALLELISM // (2 * count)
        keys.append(next(key for key in range(1 << 20) if key_group(key) == wanted and key not in keys))
    return keys


def keys_of(subtask: int, parallelism: int, count: int) -> List[int]:
    """Those of `even_keys(count)` that Flink sends to this subtask (KeyGroupRangeAssignment)."""
    return [key for key in even_keys(count) if key_group(key) * parallelism // MAX_PARALLELISM == subtask]
