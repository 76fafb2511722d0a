"""Measures the client's side of a run: CPU seconds, memory and wall time of processes and their descendants.

    python -m bench.measure -- python -m bench.baseline_copy ...
    python -m bench.measure --pid 4711 --seconds 10

CPU is the difference of two snapshots, so the time before the first (start-up) does not count.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import threading
import time
from typing import Callable, Dict, Iterable, List, Mapping, NamedTuple, Set

from bench.processes import Identity, Process, family, label, peak_rss, pss, read_all

SAMPLE_SECONDS = 0.2
SAMPLES_A_WEIGHING = 10
"""Shared memory is divided among processes rarely, because the kernel stops each process for it."""


class Usage(NamedTuple):
    cpu_seconds: float
    """user and system, of every process of the trees"""
    wall_seconds: float
    peak_rss_sum: int
    """bytes: the largest sum over the processes at one sample; shared pages count once per process"""
    peak_rss_single: int
    """bytes: the largest high-water mark of one process, its start-up included"""
    processes: int
    """the largest number of processes at one time"""
    peak_pss_sum: int = 0
    """bytes: the same sum, shared pages divided among those that share them; sampled ten times less often"""
    heaviest: Mapping[str, int] = {}
    """bytes of each process at that moment"""


class Meter:
    """Samples the process trees below `roots`. A process that was seen once is also followed as an orphan."""

    def __init__(
        self,
        roots: Iterable[int],
        read: Callable[[], List[Process]] = read_all,
        peak: Callable[[int], int] = peak_rss,
        weight: Callable[[int], int] = pss,
        name: Callable[[int], str] = label,
    ) -> None:
        self._roots, self._read, self._peak = set(roots), read, peak
        self._weight, self._name = weight, name
        self._last: Dict[Identity, Process] = {}
        self._alive: Set[Identity] = set()
        self.peak_rss_sum = self.peak_rss_single = self.peak_pss_sum = self.processes = 0
        self.heaviest: Dict[str, int] = {}

    def sample(self) -> float:
        """CPU seconds of the trees since their processes started."""
        present = self._present()
        known = {process.identity for process in present} & set(self._last)
        now = family(present, self._roots | {pid for pid, _ in known})
        self._alive = {process.identity for process in now}
        self._last.update((process.identity, process) for process in now)
        self.processes = max(self.processes, len(now))
        self.peak_rss_sum = max(self.peak_rss_sum, sum(process.rss for process in now))
        self.peak_rss_single = max(
            [self.peak_rss_single, *(self._peak(process.identity[0]) for process in now)]
        )
        return self._total()

    def weigh(self) -> None:
        """Divide shared memory among the processes of the last sample."""
        weights = {f"{self._name(pid)} ({pid})": self._weight(pid) for pid, _ in sorted(self._alive)}
        if sum(weights.values()) > self.peak_pss_sum:
            self.peak_pss_sum, self.heaviest = sum(weights.values()), weights

    def _present(self) -> List[Process]:
        """Reads again if a followed process has ended meanwhile. Otherwise its CPU could be lost: the parent
        was read before it waited for the child, and the child was looked for after it had ended."""
        gone: Set[Identity] = set()
        while True:
            present = self._read()
            now_gone = self._alive - {process.identity for process in present}
            if now_gone == gone:
                return present
            gone = now_gone

    def _total(self) -> float:
        """The CPU of an ended process is in its parent's `reaped`. If we do not follow its parent, its last
        sample counts."""
        followed = {pid for pid, _ in self._last}
        counted = (
            process
            for process in self._last.values()
            if process.identity in self._alive or process.parent not in followed
        )
        return sum(process.own + process.reaped for process in counted)


class Measurement:
    """Samples in the background from `begin` to `end`."""

    def __init__(self, roots: Iterable[int]) -> None:
        self._meter = Meter(roots)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._lock = threading.Lock()

    def cpu_seconds(self) -> float:
        with self._lock:
            return self._meter.sample()

    def begin(self) -> None:
        self._cpu, self._wall = self.cpu_seconds(), time.monotonic()
        self._thread.start()

    def end(self) -> Usage:
        wall, cpu = time.monotonic() - self._wall, self.cpu_seconds() - self._cpu
        self._over.set()
        self._thread.join()
        meter = self._meter
        return Usage(
            cpu,
            wall,
            meter.peak_rss_sum,
            meter.peak_rss_single,
            meter.processes,
            meter.peak_pss_sum,
            meter.heaviest,
        )

    def _watch(self) -> None:
        samples = 0
        while not self._over.wait(SAMPLE_SECONDS):
            self.cpu_seconds()
            samples += 1
            if samples % SAMPLES_A_WEIGHING == 0:
                with self._lock:
                    self._meter.weigh()


def ended(pid: int) -> bool:
    """Whether a child of this process has ended. It is not waited for, so its figures remain readable."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.measure", description=__doc__)
    parser.add_argument("--pid", type=int, action="append", default=[], help="may be repeated")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long to watch --pid")
    parser.add_argument("command", nargs="*", help="a command to run instead")
    arguments = parser.parse_args()
    if bool(arguments.pid) == bool(arguments.command):
        parser.error("give either --pid or a command")
    usage = _watch(arguments.pid, arguments.seconds) if arguments.pid else _run(arguments.command)
    print(json.dumps(usage._asdict()))


def _watch(pids: List[int], seconds: float) -> Usage:
    measurement = Measurement(pids)
    measurement.begin()
    time.sleep(seconds)
    return measurement.end()


def _run(command: List[str]) -> Usage:
    child = subprocess.Popen(command)
    measurement = Measurement([child.pid])
    measurement.begin()
    while not ended(child.pid):
        time.sleep(0.01)
    usage = measurement.end()
    child.wait()
    return usage


if __name__ == "__main__":
    main()
