"""Ends a Python worker whose TaskManager has ended.

Measured with Flink 1.20: after `kill -9` of a TaskManager its Python workers keep running for over a minute.
By then the job runs elsewhere. A write that such an orphan still retries would overwrite a newer value.
"""

from __future__ import annotations

import os
import threading
import time
from typing import List, Optional

CHECK_SECONDS = 0.25
EXIT_CODE = 70


def line_to_java(pid: int, proc: str = "/proc") -> List[int]:
    """Ancestors of `pid` up to the nearest Java process (the TaskManager); empty if there is none.

    A Python worker's parent is a shell, whose parent is the TaskManager. Needs Linux's /proc.
    """
    line: List[int] = []
    parent = _parent(pid, proc)
    while parent is not None and parent > 1:
        line.append(parent)
        if _name(parent, proc) == "java":
            return line
        parent = _parent(parent, proc)
    return []


def _parent(pid: int, proc: str) -> Optional[int]:
    try:
        with open(f"{proc}/{pid}/stat", "rb") as stat:
            return int(stat.read().rsplit(b")", 1)[1].split()[1])
    except (OSError, IndexError, ValueError):
        return None


def _name(pid: int, proc: str) -> str:
    try:
        with open(f"{proc}/{pid}/comm") as comm:
            return comm.read().strip()
    except OSError:
        return ""


class Watchdog:
    """Ends this process as soon as the TaskManager that started it is no longer its ancestor.

    Does nothing if no TaskManager started it (tests, thread mode inside the JVM).
    """

    def __init__(self) -> None:
        self._line = line_to_java(os.getpid())
        self._next = 0.0

    def orphaned(self) -> bool:
        return bool(self._line) and line_to_java(os.getpid()) != self._line

    def check(self) -> None:
        """End an orphaned process. Called before every request that writes.

        Checks at most every CHECK_SECONDS: reading /proc costs as much as the request itself.
        """
        now = time.monotonic()
        if now >= self._next:
            self._next = now + CHECK_SECONDS
            if self.orphaned():
                os._exit(EXIT_CODE)

    def start(self) -> None:
        threading.Thread(target=self._watch, name="orphan-watchdog", daemon=True).start()

    def _watch(self) -> None:
        while True:
            time.sleep(CHECK_SECONDS)
            self.check()  # also while nothing is written


_lock = threading.Lock()
_watchdog: Optional[Watchdog] = None


def watchdog() -> Watchdog:
    """The watchdog of this process, started by the first call."""
    global _watchdog
    with _lock:
        if _watchdog is None:
            _watchdog = Watchdog()
            _watchdog.start()
        return _watchdog
