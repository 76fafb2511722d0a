"""The check while the forward job runs, in one process, with an application that never stops writing."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Callable

import pytest

from connectors.check.chunks import BulkState
from connectors.check.components import CheckParts, job_of
from connectors.check.lane import CheckLane
from connectors.check.report.summary import Summary, Verdict
from connectors.config.settings import Settings
from connectors.model.state import Entries
from tests.harness.check import CheckPipeline
from tests.harness.pipeline import Pipeline
from tests.integration.check.conftest import MakeCheck
from tests.integration.check.test_damage import lines
from tests.integration.forward.application import Application
from tests.integration.forward.conftest import MakeJob, job  # noqa: F401 - a fixture
from tests.integration.forward.tables import Sides

BEHIND = 20
"""Writes that have not reached the target when the check reads it: enough that some cause suspects."""
PATIENCE = {"check__windowSeconds": 4, "check__settleSeconds": 8}
SECONDS = 120.0
TURN = 0.05
"""Maximum seconds of a turn. A longer one counts as a stall."""


def behind(application: Application) -> None:
    deadline = time.monotonic() + SECONDS
    while application.traffic.stats().applied < BEHIND:
        assert not application.traffic.wait(0.05)
        assert time.monotonic() < deadline


class Turns:
    """A clock that advances with the forward job, which shares its thread with the check: on a machine that
    stalls, its changes would be late by more than the check is patient."""

    def __init__(self) -> None:
        self.now = self._seen = time.monotonic()

    def __call__(self) -> float:
        return self.now

    def turned(self) -> None:
        now = time.monotonic()
        self.now += min(now - self._seen, TURN)
        self._seen = now


def patient(turns: Turns) -> Callable[[Settings], CheckParts]:
    class Patient(CheckParts):
        def lane(self, number: int, bulk: BulkState, saved: Entries) -> CheckLane:
            lane = super().lane(number, bulk, saved)
            lane._clock = lane._access._clock = turns  # type: ignore[attr-defined]
            return lane

    return lambda settings: Patient(job_of(settings))


def check_during(check: CheckPipeline, forward: Pipeline, turns: Turns) -> Summary:
    """Both in turn, until the check is done."""

    def turned() -> object:
        forward.turn()
        turns.turned()
        return check.summary

    check.run_until(turned, SECONDS)
    assert check.summary is not None
    return check.summary


@pytest.mark.parametrize("target", ["polardb", "mongodb, change"], indirect=True)
def test_under_traffic_nothing_is_reported(
    sides: Sides,
    job: MakeJob,  # noqa: F811
    check: MakeCheck,
    tmp_path: Path,
) -> None:
    application = Application(sides, tmp_path, rate=40)
    forward = job()
    forward.run_until(lambda: forward.completion.complete)
    application.start()
    try:
        behind(application)
        turns = Turns()
        running = check(components=patient(turns), **PATIENCE)
        running.run_until(lambda: running.suspects)
        summary = check_during(running, forward, turns)
    finally:
        application.traffic.request_stop()
    application.stop()
    assert lines(running) == []
    assert summary.verdict is Verdict.EQUAL
    assert summary.totals.settled > 0
