"""A check of the changes since a full check, while the forward job runs and after the writes have stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, List

import pytest

from connectors.check.changes.chain import BrokenChain
from connectors.check.changes.comparing import compare
from connectors.check.changes.follow import check_changes
from connectors.check.changes.generation import Generations, Waiting, silent
from connectors.check.changes.stored import latest_of, place_of_changes
from connectors.check.report.summary import Summary, Verdict
from connectors.config.settings import Settings
from local.traffic.tables import STREAM
from tests.integration.check.conftest import SETTLE, WINDOW, Both, MakeCheck
from tests.integration.check.test_live import PATIENCE, Turns, behind, check_during, patient
from tests.integration.forward.application import Application
from tests.integration.forward.conftest import MakeJob, job  # noqa: F401 - a fixture
from tests.integration.forward.tables import Sides

MakeSettings = Callable[..., Settings]
QUICK = {"check__windowSeconds": WINDOW, "check__settleSeconds": SETTLE}


def opened(settings: Settings, place: Path, waiting: Waiting = silent) -> Generations:
    """Generations after the check at a place."""
    chain = latest_of(str(place), settings)
    return Generations(settings, chain, place_of_changes(str(place), None), waiting)


def follow(settings: Settings, place: Path, waiting: Waiting = silent) -> Summary:
    generations = opened(settings, place, waiting)
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
def test_under_traffic_each_generation_is_equal_and_the_last_one_has_nothing_to_compare(
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

    def after() -> Summary:
        return follow(settings(**PATIENCE), tmp_path / "report", lambda _: forward.turn())

    summaries: List[Summary] = [after(), after()]
    application.stop()
    summaries += [after(), after()]
    assert [each.verdict for each in summaries] == [Verdict.EQUAL] * 4
    assert [each.mode.generation for each in summaries] == [1, 2, 3, 4]
    assert summaries[0].totals.compared > 0
    assert summaries[-1].totals.compared == 0
    application.check()


class Chained(Both):
    """A table with a stream and the same items on both sides, after a full check and a first generation,
    which compares what was written shortly before. No forward job runs."""

    def __init__(self, sides: Sides, check: MakeCheck, settings: MakeSettings, place: Path) -> None:
        self._settings, self._place = settings, place
        super().__init__(sides, count=30, stream=True)
        assert check().run().verdict is Verdict.EQUAL
        assert self.next().totals.compared == len(self.items)

    def change(self, number: int) -> None:
        """A change at the source, which never reaches the target."""
        self.sides.put(self.table, {**self.items[number], "name": {"S": "changed"}})

    def replace_stream(self) -> None:
        for enabled in ({"StreamEnabled": False}, STREAM):
            request = {"TableName": self.table, "StreamSpecification": enabled}
            self.sides.source.ask("UpdateTable", request)

    def next(self, **sets: Any) -> Summary:
        return follow(self._settings(**QUICK, **sets), self._place)

    def open(self) -> Generations:
        return opened(self._settings(**QUICK), self._place)

    def check_changes(self, said: List[str], **sets: Any) -> int:
        return check_changes(self._settings(check__since=str(self._place), **QUICK, **sets), said.append)


@pytest.fixture
def chained(sides: Sides, check: MakeCheck, settings: MakeSettings, tmp_path: Path) -> Chained:
    return Chained(sides, check, settings, tmp_path / "report")


def test_a_change_that_was_lost_is_a_difference_until_it_is_repaired(chained: Chained) -> None:
    chained.change(3)
    found = [chained.next(), chained.next(), chained.next(check__repair=True), chained.next()]
    assert [each.verdict for each in found] == [Verdict.DIFFERENT] * 2 + [Verdict.EQUAL] * 2
    assert [each.totals.compared for each in found] == [1, 1, 1, 0]
    assert found[2].totals.repaired == 1


def test_the_keys_of_a_generation_without_a_proof_are_compared_by_the_next_one(
    chained: Chained, monkeypatch: pytest.MonkeyPatch
) -> None:
    chained.change(3)
    generations = chained.open()
    try:
        with monkeypatch.context() as patched:
            patched.setattr("connectors.check.changes.generation.next_chain", lambda *_: None)
            assert generations.next(read_on=True).totals.compared == 1
        assert generations.next().totals.compared == 1
    finally:
        generations.close()


def test_what_others_write_to_the_target_is_found_by_a_check_of_all_items_only(
    chained: Chained, check: MakeCheck
) -> None:
    chained.damage(5, name={"S": "of somebody else"})
    assert chained.next().verdict is Verdict.EQUAL
    assert check().run().verdict is Verdict.DIFFERENT


def test_a_stream_that_was_replaced_breaks_the_chain(chained: Chained) -> None:
    chained.replace_stream()
    with pytest.raises(BrokenChain, match="Check everything again"):
        chained.next()


def test_a_stream_that_is_replaced_while_keys_are_compared_breaks_the_chain_before_a_verdict(
    chained: Chained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path.name: path.read_bytes() for path in (tmp_path / "report" / "changes").iterdir()}

    def late(*given: Any) -> Summary:
        chained.replace_stream()
        return compare(*given)

    monkeypatch.setattr("connectors.check.changes.generation.compare", late)
    with pytest.raises(BrokenChain, match="so changes are not in it"):
        chained.next()
    assert {path.name: path.read_bytes() for path in (tmp_path / "report" / "changes").iterdir()} == before


def test_a_table_that_is_new_breaks_the_chain(chained: Chained) -> None:
    chained.sides.make("new")
    with pytest.raises(BrokenChain, match="the tables have changed"):
        chained.next()


def test_following_ends_when_nothing_changes_any_more(
    chained: Chained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.check.changes.follow.LEAST_SECONDS", 1.0)
    chained.change(1)
    chained.sides.target.ask(  # type: ignore[union-attr]
        "PutItem", {"TableName": chained.table, "Item": {**chained.items[1], "name": {"S": "changed"}}}
    )
    said: List[str] = []
    assert chained.check_changes(said, check__follow=True, check__until="quiet") == 0
    lines = [line for line in said if "EQUAL SINCE THE FULL CHECK" in line]
    assert [line.split(" in ")[0] for line in lines] == [
        "generation 2: EQUAL SINCE THE FULL CHECK, 1 key",
        "generation 3: EQUAL SINCE THE FULL CHECK, 0 keys",
    ]
    names = {path.name for path in (tmp_path / "report" / "changes").iterdir()}
    assert names == {"chain.json", "report.html", "report.jsonl", "summary.json"}
