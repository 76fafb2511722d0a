"""The small file from which the console continues after it is started again."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import List

import msgspec

from connectors.base.durable import replace
from connectors.command.console.document import Happening
from connectors.command.console.history import Point
from connectors.command.console.story import Told

VERSION = 1


class Memory(msgspec.Struct):
    version: int = VERSION
    points: List[Point] = []
    story: List[Happening] = []
    """The oldest first."""
    seen: Told = msgspec.field(default_factory=Told)


_decode = msgspec.json.Decoder(Memory).decode


def default_path(flink: str) -> Path:
    """A file of this user, for this cluster. `flink`: its address without a password."""
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    name = re.sub(r"[^A-Za-z0-9.]+", "-", flink.partition("://")[2] or flink).strip("-")
    return Path(state) / "polarshake" / f"console-{name}.json"


def load(path: Path) -> Memory:
    """An empty memory if there is no file, or if it cannot be used: it holds nothing that matters."""
    try:
        memory = _decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return Memory()
    return memory if memory.version == VERSION else Memory()


def save(path: Path, memory: Memory) -> str:
    """Why the file could not be written; empty if it was."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace(path, [msgspec.json.encode(memory)])
    except OSError as error:
        return f"{path} cannot be written: {error.strerror}. The history ends with this process."
    return ""
