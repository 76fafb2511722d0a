"""The heart of the forward job: whatever happens, in whatever order, the target ends equal to the source."""

from __future__ import annotations

import random
from typing import Callable, List

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from connectors.engine.enumerator.table_planner import PlannerRules
from connectors.model.commands import Action
from tests.harness.depth import examples
from tests.unit.connectors.engine.worker.job import ALL, INCREMENTAL, SLOTS, SUSPENDING, Job
from tests.unit.connectors.engine.worker.world import FAMILIES, KEYS, World

MOST_GAPS = 3
MOVES = (*(Action.SUSPEND, Action.SUSPEND, Action.SUSPEND), *(Action.RESCAN, Action.RELEASE))


class Schedule:
    """A random run. The frequencies of actions are chosen again for each run: orders that one mixture
    never reaches are common in another (a slow target, a stream far behind, a scan that outruns all)."""

    def __init__(self, job: Job, gaps: int, draw: random.Random, suspends: bool = False) -> None:
        self._job, self._gaps, self._draw = job, gaps, draw
        self._pace = draw.choice((0.02, 0.1, 0.5, 3.0))
        self._hot = draw.sample(KEYS, 3)
        job.world.page_bytes = draw.choice((1, 50, 1000))
        self._common: List[Callable[[int], object]] = [
            self._change,
            self._tick,
            lambda n: job.deliver(n % SLOTS),
            job.fetch,
            job.turn,
            job.collect,
            lambda n: job.land(n, n // 7),
            lambda n: job.board.deliver(n, n % 3 == 0),
        ]
        self._rare: List[Callable[[int], object]] = [
            lambda n: job.checkpoint(),
            lambda n: job.world.rotate(n % FAMILIES),
            lambda n: job.crash(n % 3),
            self._wait,
            self._gap,
        ]
        if suspends:
            self._rare += [
                lambda n: job.suspend(n % 4 == 0),
                lambda n: job.refuse(n),
                lambda n: job.choose(n % 4 == 0),
                lambda n: job.command(MOVES[n % len(MOVES)]),
            ]

    def run(self, steps: int) -> None:
        draw = self._draw
        weights = [draw.choice((0.3, 1.0, 3.0, 9.0)) for _ in self._common]
        weights += [draw.choice((0.0, 0.05, 0.5)) for _ in self._rare]
        for action in draw.choices([*self._common, *self._rare], weights, k=steps):
            action(draw.randrange(1 << 16))

    def _change(self, argument: int) -> None:
        self._job.world.now += self._pace / 4
        keys = self._hot if argument % 3 else KEYS
        self._job.world.change(self._draw.choice(keys), delete=argument // 3 % 3 == 0)

    def _tick(self, argument: int) -> None:
        self._job.world.now += self._pace
        self._job.tick()

    def _wait(self, argument: int) -> None:
        self._job.world.now += 400.0

    def _gap(self, argument: int) -> None:
        """Changes that no stream will show, or whose records are trimmed before they are read."""
        if self._gaps == 0 or not self._job.registered_for_good():
            return
        self._gaps -= 1
        world, trimmed = self._job.world, argument % 2 == 0
        for key in self._draw.sample(KEYS, 3):
            world.change(key, delete=self._draw.random() < 0.7, recorded=trimmed)
        world.trim() if trimmed else world.restream()


def run(seed: int, steps: int, rules: PlannerRules = ALL, gaps: int = 0, suspends: bool = False) -> Job:
    draw = random.Random(seed)
    world = World()
    for _ in range(draw.randrange(20)):
        world.change(draw.choice(KEYS), delete=draw.random() < 0.2)
        if draw.random() < 0.1:
            world.rotate(draw.randrange(FAMILIES))
        world.now += 1.0
    job = Job(world, rules._replace(hold_seconds=draw.choice((1.0, 5.0, 40.0))), draw)
    if not rules.scan:
        # What the stream lost before the job first saw it, nobody can tell.
        world.target.update(world.truth())
        job.settle()
        job.checkpoints.clear()
        job.checkpoint()
    elif draw.random() < 0.5:
        job.begin_scan()
    Schedule(job, gaps, draw, suspends).run(steps)
    job.settle()
    return job


GENERATE = [Phase.explicit, Phase.reuse, Phase.generate]
"""No shrinking: a smaller seed is no simpler run."""
SEEDS, STEPS = st.integers(0, 2**32), st.integers(0, 1500)


def assert_whole(job: Job) -> None:
    assert job.world.target == job.world.truth()


@settings(max_examples=examples(400), deadline=None, phases=GENERATE)
@given(seed=SEEDS, steps=STEPS)
def test_scan_and_stream_meet_in_the_target_whatever_the_order_and_however_often_it_restarts(
    seed: int, steps: int
) -> None:
    job = run(seed, steps)
    assert_whole(job)
    assert job.generation == 1


@settings(max_examples=examples(400), deadline=None, phases=GENERATE)
@given(seed=SEEDS, steps=STEPS)
def test_after_a_gap_a_new_scan_and_a_sweep_make_the_copy_whole_again(seed: int, steps: int) -> None:
    job = run(seed, steps, gaps=MOST_GAPS)
    assert_whole(job)


@settings(max_examples=examples(200), deadline=None, phases=GENERATE)
@given(seed=SEEDS, steps=STEPS)
def test_a_gap_without_a_scan_before_it_is_swept_too(seed: int, steps: int) -> None:
    job = run(seed, steps, INCREMENTAL, gaps=MOST_GAPS)
    assert_whole(job)


@settings(max_examples=examples(300), deadline=None, phases=GENERATE)
@given(seed=SEEDS, steps=STEPS)
def test_a_table_that_was_suspended_and_goes_on_or_is_copied_again_ends_whole(seed: int, steps: int) -> None:
    rules = SUSPENDING if seed % 3 else SUSPENDING._replace(scan=False)
    job = run(seed, steps, rules, gaps=MOST_GAPS if seed % 2 else 0, suspends=True)
    assert_whole(job)
    record = job.plans.commands.record
    assert record is not None
    assert all(record.knows(name) for name, _ in job.commands)
