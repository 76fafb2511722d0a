"""The kernel's figures of processes. Linux only: /proc has peaks that other systems do not record."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Dict, Iterable, List, NamedTuple, Optional, Tuple

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGESIZE")

Identity = Tuple[int, int]
"""pid and start time in ticks since boot: a pid alone may be reused by another process."""


class Process(NamedTuple):
    identity: Identity
    parent: int
    """pid"""
    own: float
    """CPU seconds, user and system, of all its threads"""
    reaped: float
    """CPU seconds of the children it has waited for, and theirs"""
    rss: int
    """bytes, pages shared with others included"""


def read_all() -> List[Process]:
    found = (_read(int(entry)) for entry in os.listdir("/proc") if entry.isdigit())
    return [process for process in found if process is not None]


def _read(pid: int) -> Optional[Process]:
    """None for a process that has ended meanwhile."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return None
    user, system, waited_user, waited_system = (int(field) / _TICKS for field in fields[11:15])
    own, reaped = user + system, waited_user + waited_system
    return Process((pid, int(fields[19])), int(fields[1]), own, reaped, int(fields[21]) * _PAGE)


def peak_rss(pid: int) -> int:
    """The high-water mark in bytes; 0 for a process that has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    _, found, rest = status.partition("\nVmHWM:")
    return int(rest.split(None, 1)[0]) * 1024 if found else 0


def pss(pid: int) -> int:
    """Bytes; a shared page is divided among the processes that share it. 0 for a process that has ended. The
    kernel walks the whole page table: milliseconds for a large process."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    _, found, rest = rollup.partition("\nPss:")
    return int(rest.split(None, 1)[0]) * 1024 if found else 0


def label(pid: int) -> str:
    """The program without its options: the main class of Java, the module or file of Python."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return "?"
    program, rest = os.path.basename(arguments[0]), [one for one in arguments[1:] if one]
    if program == "java":
        classes = [one for one in rest if one.startswith("org.apache.")]
        return classes[0].rpartition(".")[2] if classes else program
    names = [one for one in rest if not one.startswith("-")]
    return f"{program} {os.path.basename(names[0])}" if names else program


def family(processes: Iterable[Process], roots: Iterable[int]) -> List[Process]:
    """The processes whose pid is in `roots`, and all their descendants."""
    by_parent: Dict[int, List[Process]] = {}
    by_pid: Dict[int, Process] = {}
    for process in processes:
        by_parent.setdefault(process.parent, []).append(process)
        by_pid[process.identity[0]] = process
    found: Dict[int, Process] = {}
    waiting = [by_pid[pid] for pid in roots if pid in by_pid]
    while waiting:
        process = waiting.pop()
        if process.identity[0] not in found:
            found[process.identity[0]] = process
            waiting += by_parent.get(process.identity[0], [])
    return list(found.values())
