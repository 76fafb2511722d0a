"""Find all processes of a server, even of another starter, and end them.

A server is identified in two ways. Its record contains the pid *and the start time*: the pid alone may have
been reused by an unrelated process. Its mark is an environment variable that its children inherit. The mark
is needed because Flink's Python workers outlive a killed TaskManager and have no record, and because a
starter may be killed before it writes the record.
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
# The start time derives from the boot time, which may be off by one second after the clock was stepped.
_CLOCK_SLACK = 2.0


@dataclass(frozen=True)
class Record:
    """Identity of a server and how to stop it. `started`: epoch seconds; `grace`: seconds."""

    pid: int
    started: float
    stop_signal: int
    grace: float

    def save(self, path: Path) -> None:
        unfinished = path.with_suffix(".tmp")
        unfinished.write_text(json.dumps(asdict(self)))
        unfinished.replace(path)

    def process(self) -> Optional[psutil.Process]:
        """The recorded process if it still runs; None if its pid is free or was reused."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) <= _CLOCK_SLACK
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.Error:
            return None


def load(path: Path) -> Optional[Record]:
    try:
        return Record(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def marked(accept: Callable[[str], bool]) -> List[psutil.Process]:
    """Every running process whose mark is accepted. Those of other users cannot be read and are left out."""
    processes = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            mark = process.environ().get(MARK)
            if mark and accept(mark) and process.pid != os.getpid():
                processes.append(process)
    return processes


def family(leader: psutil.Process) -> List[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return [leader, *leader.children(recursive=True)]
    return []


def end(processes: Iterable[psutil.Process], sig: int = signal.SIGTERM, grace: float = 2.0) -> None:
    """Signal all, wait up to `grace` seconds, then kill those left. psutil ignores a pid that was reused."""
    asked = list(processes)
    _send(asked, sig)
    _, left = psutil.wait_procs(asked, timeout=grace)
    _send(left, signal.SIGKILL)
    psutil.wait_procs(left, timeout=5.0)


def _send(processes: Iterable[psutil.Process], sig: int) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.send_signal(sig)
