"""The Python workers of a cluster."""

from __future__ import annotations

import contextlib
import time
from typing import Iterable, List

import psutil

from local.stack.flink.cluster import FlinkCluster


def workers(cluster: FlinkCluster) -> List[psutil.Process]:
    """All Python workers, including those of a killed TaskManager."""
    return [each for manager in cluster.taskmanagers for each in manager.python_workers()]


def seconds_until_gone(processes: Iterable[psutil.Process], patience: float) -> float:
    """Seconds until the processes have ended. Raises AssertionError after `patience` seconds."""
    started = time.monotonic()
    waiting = list(processes)
    while True:
        waiting = [each for each in waiting if runs(each)]
        if not waiting:
            return time.monotonic() - started
        assert time.monotonic() < started + patience, f"after {patience} s there are still {waiting}"
        time.sleep(0.02)


def runs(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def memory(processes: Iterable[psutil.Process]) -> List[int]:
    """RSS of each process in MiB, largest first."""
    return sorted((each.memory_info().rss >> 20 for each in processes), reverse=True)
