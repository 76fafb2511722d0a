"""A check of the changes since a full check, while the forward job runs and after the writes have stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, List

import pytest

from connectors.check.changes.chain import BrokenChain
from connectors.check.changes.generation import Generations
from connectors.check.changes.stored import latest_of, place_of_changes
from connectors.check.report.summary import Summary, Verdict
from connectors.config.settings import Settings
from tests.harness.pipeline import Pipeline
from tests.integration.check.conftest import MakeCheck
from tests.integration.check.test_live import PATIENCE, Turns, behind, check_during, patient
from tests.integration.forward.application import Application
from tests.integration.forward.conftest import MakeJob, job  # noqa: F401 - a fixture
from tests.integration.forward.tables import Sides

MakeSettings = Callable[..., Settings]


class Follower:
    """Runs generations after the check at a place, while the forward job goes on."""

    def __init__(self, settings: Settings, place: Path, forward: Pipeline) -> None:
        self._settings, self._place, self._forward = settings, str(place), forward

    def next(self) -> Summary:
        chain = latest_of(self._place, self._settings)
        generations = Generations(
            self._settings, chain, place_of_changes(self._place, None), lambda _: self._forward.turn()
        )
        try:
            return generations.next()
        finally:
            generations.close()


@pytest.fixture
def running(
    sides: Sides,
    job: MakeJob,  # noqa: F811
    tmp_path: Path,
) -> Any:
    application = Application(sides, tmp_path, rate=40)
    forward = job()
    forward.run_until(lambda: forward.completion.complete)
    application.start()
    yield application, forward
    application.traffic.request_stop()


@pytest.mark.parametrize("target", ["polardb", "mongodb, change"], indirect=True)
def test_generations_follow_a_full_check_and_find_what_was_damaged_in_between(
    running: Any,
    check: MakeCheck,
    settings: MakeSettings,
    sides: Sides,
    tmp_path: Path,
) -> None:
    application, forward = running
    behind(application)
    turns = Turns()
    full = check_during(check(components=patient(turns), **PATIENCE), forward, turns)
    assert full.verdict is Verdict.EQUAL

    follower = Follower(settings(**PATIENCE), tmp_path / "report", forward)
    summaries: List[Summary] = [follower.next(), follower.next()]
    application.stop()
    summaries.append(follower.next())
    summaries.append(follower.next())
    print([(each.mode.generation, each.verdict, each.totals.compared, each.seconds) for each in summaries])
    assert [each.verdict for each in summaries] == [Verdict.EQUAL] * 4
    assert [each.mode.generation for each in summaries] == [1, 2, 3, 4]
    assert summaries[0].totals.compared > 0
    assert summaries[-1].totals.compared == 0
    application.check()


def test_a_stream_that_was_replaced_breaks_the_chain() -> None:
    assert BrokenChain("x")
