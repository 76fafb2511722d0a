"""Find a server's processes again, whoever started them, and end them all.

A server is known in two ways. Its record holds the pid *and the start time*: a pid alone may meanwhile belong
to an unrelated process. Its mark is an environment variable that its children inherit: Flink's Python workers
outlive a killed TaskManager and are in no record, and a starter killed at the wrong moment wrote none.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Callable, Iterable, List, Optional

import psutil

MARK = "POLARSHAKE_SERVER"
# The start time derives from the time of boot, which the kernel may report one second off after a clock step.
_CLOCK_SLACK = 2.0


@dataclass(frozen=True)
class Record:
    """Who a server is and how it wants to be stopped: `started` in epoch seconds, `grace` in seconds."""

    pid: int
    started: float
    stop_signal: int
    grace: float

    def save(self, path: Path) -> None:
        unfinished = path.with_suffix(".tmp")
        unfinished.write_text(json.dumps(asdict(self)))
        unfinished.replace(path)

    def process(self) -> Optional[psutil.Process]:
        """The recorded process if it still runs; None when its pid is free or belongs to another by now."""
        try:
            found = psutil.Process(self.pid)
            same = abs(found.create_time() - self.started) <= _CLOCK_SLACK
            return found if same and found.status() != psutil.STATUS_ZOMBIE else None
        except psutil.Error:
            return None


def load(path: Path) -> Optional[Record]:
    try:
        return Record(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def marked(accept: Callable[[str], bool]) -> List[psutil.Process]:
    """Every running process whose mark is accepted. Those of other users cannot be read: left out."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            mark = process.environ().get(MARK)
            if mark and accept(mark) and process.pid != os.getpid():
                found.append(process)
    return found


def family(leader: psutil.Process) -> List[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return [leader, *leader.children(recursive=True)]
    return []


def end(processes: Iterable[psutil.Process], sig: int = signal.SIGTERM, grace: float = 2.0) -> None:
    """Signal all, wait up to `grace` seconds, then kill those left. psutil refuses a pid that was reused."""
    asked = list(processes)
    _send(asked, sig)
    _, left = psutil.wait_procs(asked, timeout=grace)
    _send(left, signal.SIGKILL)
    psutil.wait_procs(left, timeout=5.0)


def _send(processes: Iterable[psutil.Process], sig: int) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.send_signal(sig)
