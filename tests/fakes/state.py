"""Parts of a state by themselves, as Flink keeps them: bytes."""

from __future__ import annotations

from typing import Any, Type, TypeVar

import msgspec

T = TypeVar("T")


def saved(part: Any) -> bytes:
    return msgspec.msgpack.encode(part)


def restored(kind: Type[T], state: bytes) -> T:
    return msgspec.msgpack.decode(state, type=kind)
