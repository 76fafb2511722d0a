from __future__ import annotations

import os
from pathlib import Path
from typing import Dict, List, Tuple

import pytest

from connectors.base import parent_watchdog
from connectors.base.parent_watchdog import CHECK_SECONDS, EXIT_CODE, Watchdog, line_to_java
from tests.fakes.clock import FakeClock

Tree = Dict[int, Tuple[str, int]]
WORKER: Tree = {70: ("python", 60), 60: ("bash (x) y", 50), 50: ("java", 40), 40: ("bash", 1), 1: ("init", 0)}


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    grow(tmp_path, WORKER)
    return tmp_path


def grow(proc: Path, tree: Tree) -> None:
    for pid, (name, parent) in tree.items():
        (proc / str(pid)).mkdir(exist_ok=True)
        (proc / str(pid) / "stat").write_text(f"{pid} ({name}) S {parent} {pid} 0 0")
        (proc / str(pid) / "comm").write_text(name + "\n")


def test_the_line_leads_over_the_shell_to_the_task_manager(proc: Path) -> None:
    assert line_to_java(70, str(proc)) == [60, 50]


def test_without_a_java_process_above_there_is_no_line(proc: Path) -> None:
    grow(proc, {50: ("python", 40)})
    assert line_to_java(70, str(proc)) == []


def test_a_process_that_ends_during_the_search_ends_the_line(proc: Path) -> None:
    (proc / "60" / "stat").unlink()
    assert line_to_java(70, str(proc)) == []
    assert line_to_java(4711, str(proc)) == []


class Lines:
    """The results of consecutive calls of `line_to_java`."""

    def __init__(self, *lines: List[int]) -> None:
        self._lines = list(lines)

    def __call__(self, pid: int) -> List[int]:
        return self._lines.pop(0)


@pytest.mark.parametrize(
    ("born", "now", "orphaned"),
    [
        ([60, 50], [60, 50], False),
        ([60, 50], [], True),
        ([60, 50], [60, 51], True),
        ([], [], False),
    ],
)
def test_a_worker_is_an_orphan_when_its_task_manager_has_ended(
    monkeypatch: pytest.MonkeyPatch, born: List[int], now: List[int], orphaned: bool
) -> None:
    monkeypatch.setattr(parent_watchdog, "line_to_java", Lines(born, now))
    assert Watchdog().orphaned() is orphaned


def test_an_orphan_ends_immediately(monkeypatch: pytest.MonkeyPatch) -> None:
    left = []
    monkeypatch.setattr(parent_watchdog, "line_to_java", Lines([60, 50], [60, 50], []))
    monkeypatch.setattr(os, "_exit", left.append)
    watchdog = Watchdog()
    clock = FakeClock(100.0)
    monkeypatch.setattr(parent_watchdog.time, "monotonic", clock)  # type: ignore[attr-defined]
    watchdog.check()
    assert left == []
    clock.now += CHECK_SECONDS
    watchdog.check()
    assert left == [EXIT_CODE]


def test_the_watchdog_does_not_search_before_every_request(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = Lines([60, 50], [60, 50])
    monkeypatch.setattr(parent_watchdog, "line_to_java", looks)
    monkeypatch.setattr(parent_watchdog.time, "monotonic", FakeClock(100.0))  # type: ignore[attr-defined]
    watchdog = Watchdog()
    for _ in range(1000):
        watchdog.check()


def test_this_process_has_no_task_manager() -> None:
    assert not Watchdog().orphaned()
