"""Crashes at random moments, with traffic: the job continues from its last checkpoint, reads nothing twice
that the checkpoint already holds."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Callable, Dict, List, Optional, Set, Tuple

import msgspec
import pytest

from connectors.base.errors import ConfigError, TerminalError
from connectors.config.settings import Settings
from connectors.dynamodb.scan.segment import SegmentPosition
from connectors.engine.flink.completion import Completion
from connectors.model import orders
from connectors.model.orders import SegmentOrder
from connectors.model.steps import BEFORE, FIRST_FOLLOW
from tests.harness.pipeline import Cut, Pipeline
from tests.integration.forward.application import Application
from tests.integration.forward.conftest import TARGETS, MakeJob
from tests.integration.forward.sources import Counting, Holding, Rationed, RationedScans, ScanPage, Scans
from tests.integration.forward.tables import Sides

SEEDS = (1, 2, 3)
CRASHES = 4
"""Of the scan, and as many of the stream."""


def open_segments(cut: Cut) -> Dict[Tuple[str, int], bytes]:
    """(table, segment) -> where its next page starts, of those not read to their end.

    A worker reads a page before the state says that it has followed the order: such an order is still in the
    inbox, and a job that starts from there follows it again.
    """
    found: Dict[Tuple[str, int], bytes] = {}
    for entries in cut.slots.values():
        for name, value in entries.items():
            order = orders.decode(value) if name.startswith(("o/", "i/")) else None
            if isinstance(order, SegmentOrder):
                found[order.table, order.segment] = start_key(entries.get("p/" + order.split_id))
    return found


def start_key(position: Optional[bytes]) -> bytes:
    key = msgspec.msgpack.decode(position, type=SegmentPosition).key if position else b""
    return msgspec.json.encode(msgspec.json.decode(key) if key else None)


class Reading:
    """Which pages a checkpoint holds; each run is checked for not having read them again."""

    def __init__(self, running: Pipeline) -> None:
        self.running = running
        self.held: Set[ScanPage] = set()
        self.amid = 0
        """Crashes that found some pages held and some segments open."""
        self._held_before: Set[ScanPage] = set()

    def checkpoint(self) -> None:
        still = open_segments(self.running.checkpoint())
        ahead: Set[Tuple[str, int]] = set()
        for page in self._seen():
            segment = page[:2]
            if still.get(segment) == page[2]:
                ahead.add(segment)
            if segment not in ahead:
                self.held.add(page)

    def check(self) -> None:
        again = self._held_before.intersection(self._seen())
        assert not again, f"read again although a checkpoint held them: {again}"

    def progress(self) -> bool:
        """Take a checkpoint. Returns whether it holds more pages than the one before."""
        before = len(self.held)
        self.checkpoint()
        return len(self.held) > before

    def crash(self) -> None:
        self.check()
        scans = self._scans
        self.amid += bool(self.held and open_segments(self.running.last_cut))
        self.running.crash()
        release(scans)
        self._held_before = set(self.held)

    def release(self) -> None:
        release(self._scans)

    @property
    def _scans(self) -> Scans:
        components = self.running.components
        assert isinstance(components, Counting)
        return components.scans

    def _seen(self) -> List[ScanPage]:
        return list(self._scans.seen)


def release(scans: Scans) -> None:
    if isinstance(scans, RationedScans):
        scans.release.set()


def stumble(reading: Reading, rng: random.Random) -> None:
    """Some checkpoints, and a crash a while after the last."""
    for _ in range(rng.randint(0, 2)):
        reading.running.run_for(rng.uniform(0.05, 0.5))
        reading.checkpoint()
    reading.running.run_for(rng.uniform(0.0, 0.4))
    reading.crash()


@pytest.mark.parametrize("target", ["polardb", "mongodb, change, key"], indirect=True)
@pytest.mark.parametrize("seed", SEEDS)
def test_crashes_during_scan_and_stream_lose_nothing_and_no_page_held_is_read_again(
    seed: int, sides: Sides, job: MakeJob, tmp_path: Path
) -> None:
    rng = random.Random(seed)
    application = Application(sides, tmp_path, rate=60)
    running = job(components=Rationed, seed=seed, scan__segments=3, scan__limit=4)
    reading = Reading(running)
    application.start()
    for _ in range(CRASHES):
        running.run_until(reading.progress)
        stumble(reading, rng)
    assert reading.amid == CRASHES
    reading.release()
    running.run_until(lambda: running.completion.complete)
    reading.checkpoint()
    for _ in range(CRASHES):
        stumble(reading, rng)
    application.stop()
    sides.settle(running)
    reading.check()
    application.check()
    assert len(reading.held) >= 240 / 4


@pytest.mark.parametrize("target", TARGETS, indirect=True)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_scan_that_pauses_for_the_stream_again_and_again_ends_equal_whatever_crashes(
    seed: int, sides: Sides, job: MakeJob, tmp_path: Path
) -> None:
    rng = random.Random(seed)
    application = Application(sides, tmp_path, rate=60)
    slow = {"scan__segments": 2, "scan__limit": 4, "scan__readLimit__unit": "requests"}
    running = job(components=Holding, seed=seed, scan__readLimit__rate=3, **slow)
    reading = Reading(running)
    application.start()
    for step in range(CRASHES):
        running.run_until(lambda step=step: newest_step(running) > step)
        reading.checkpoint()
        stumble(reading, rng)
    running.run_until(lambda: {state.live for state in running.tables.values()} == {True})
    application.stop()
    sides.settle(running)
    reading.check()
    application.check()
    assert newest_step(running) > FIRST_FOLLOW, "the scan has not paused"


def newest_step(running: Pipeline) -> int:
    return max((state.step for state in running.tables.values()), default=BEFORE)


@pytest.mark.parametrize("target", TARGETS, indirect=True)
def test_a_crash_before_the_first_checkpoint_begins_again(sides: Sides, job: MakeJob) -> None:
    table = sides.make()
    sides.put(table, *[{"pid": {"S": "p"}, "sid": {"N": str(number)}} for number in range(20)])
    running = job(tables__existing="fail")
    running.run_until(lambda: running.counts[table].written)
    sides.delete(table, {"pid": {"S": "p"}, "sid": {"N": "7"}})
    running.crash()
    sides.settle(running)


def test_a_full_copy_that_is_resumed_when_all_slots_have_written_is_complete_again(
    sides: Sides, job: MakeJob
) -> None:
    """The process that waits for the end is a new one: it knows nothing of what was said before."""
    table = sides.make()
    sides.put(table, *[{"pid": {"S": "p"}, "sid": {"N": str(number)}} for number in range(20)])
    running = job(mode="full", scan__segments=4)
    running.run_until(lambda: running.completion.complete)
    running.checkpoint()
    running.completion = Completion(scan=True)
    running.crash(first_attempt=True)
    running.run_until(lambda: running.completion.complete)


@pytest.mark.parametrize("target", TARGETS, indirect=True)
def test_a_savepoint_taken_with_other_readers_is_refused(
    sides: Sides, job: MakeJob, settings: Callable[..., Settings]
) -> None:
    sides.make()
    running = job()
    running.run_until(lambda: running.completion.complete)
    running.checkpoint()
    running.settings = settings(readers=8)
    running.crash(first_attempt=True)
    with pytest.raises(ConfigError, match="readers: is 8, but the job's savepoint was made with"):
        running.run_until_it_raises()


@pytest.mark.parametrize("target", TARGETS, indirect=True)
def test_a_savepoint_from_before_a_restart_from_an_older_one_is_refused(sides: Sides, job: MakeJob) -> None:
    """Its positions pass changes that the restart has undone at the target."""
    table = sides.make()
    sides.put(table, {"pid": {"S": "p"}, "sid": {"N": "1"}})
    running = job()
    running.run_until(lambda: running.completion.complete)
    older = running.checkpoint()
    sides.put(table, {"pid": {"S": "p"}, "sid": {"N": "2"}})
    sides.settle(running)
    newer = running.checkpoint()
    running.last_cut = older
    running.crash(first_attempt=True)
    sides.settle(running)
    running.last_cut = newer
    running.crash(first_attempt=True)
    with pytest.raises(TerminalError, match="must not be used"):
        running.run_until_it_raises()
