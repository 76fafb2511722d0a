"""One run of one candidate, from the opening of the gate to the last write."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, NamedTuple, Optional

from bench.candidates import Candidate
from bench.environments import Environment
from bench.measure import Measurement, Usage

POLL_SECONDS = 0.02
START_SECONDS = 180.0
RUN_SECONDS = 3600.0
QUIET_SECONDS, QUIET_CORES, SETTLE_SECONDS = 0.5, 0.1, 20.0
"""Start-up is over when the client has used less than this share of a core for this long, or after
SETTLE_SECONDS."""


class Run(NamedTuple):
    contender: str
    moved: int
    """items or records"""
    seconds: float
    usage: Usage
    facts: Dict[str, Any]


def run_once(scene: Environment, contender: Candidate) -> Run:
    """Raises RuntimeError if the candidate fails, ends early, or omits something."""
    try:
        measurement = Measurement(contender.start(scene.endpoints))
        _wait(lambda: _at_gate(scene, contender), contender, START_SECONDS, "has not asked for data")
        settle(measurement)
        measurement.begin()
        scene.open()
        seconds = _wait(lambda: scene.done(contender.ended()), contender, RUN_SECONDS, "is not done")
        usage = measurement.end()
        scene.check()
        return Run(contender.name, scene.count, seconds, usage, contender.facts())
    finally:
        contender.stop()


def _at_gate(scene: Environment, contender: Candidate) -> Optional[float]:
    if contender.ended():
        raise RuntimeError(f"{contender.name} ended before it had asked for data")
    return 0.0 if scene.held() else None


def _wait(ask: Callable[[], Optional[float]], contender: Candidate, patience: float, problem: str) -> float:
    """The first answer."""
    deadline = time.monotonic() + patience
    answer = ask()
    while answer is None:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{contender.name} {problem} after {patience:.0f} s")
        time.sleep(POLL_SECONDS)
        answer = ask()
    return answer


def settle(measurement: Measurement) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    before = measurement.cpu_seconds()
    while time.monotonic() < deadline:
        time.sleep(QUIET_SECONDS)
        now = measurement.cpu_seconds()
        if now - before < QUIET_CORES * QUIET_SECONDS:
            return
        before = now
