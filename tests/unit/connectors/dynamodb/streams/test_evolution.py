"""Whatever a stream goes through: its changes come out in order and whole, or the job says so.

The same histories in every run, so that a change is only ever blamed for what it breaks; HISTORIES=5000 in
the environment looks at that many new ones of each kind.
"""

from __future__ import annotations

import os
from functools import partial
from typing import Callable, Dict, List, Set, Tuple, Union

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from connectors.base.errors import GapError
from connectors.dynamodb.streams.lineage import CONFIRMATIONS
from tests.fakes.streams import FakeShard, FakeStreams
from tests.unit.connectors.dynamodb.streams.job import Fault, Job

KEYS = "abcdefgh"
HOUR = 3600.0
SEARCH = int(os.environ.get("HISTORIES", "0"))
histories = settings(max_examples=SEARCH or 40, derandomize=not SEARCH, deadline=None)
Op = Tuple[str, int]


class World:
    """Turns operations into what happens to the stream and to the job."""

    def __init__(self, job: Job, step: float) -> None:
        self.job, self.fake, self.step = job, job.fake, step
        self.hidden: Set[str] = set()
        self.listed: Set[str] = set()

    def do(self, op: Op) -> None:
        name, number = op
        getattr(self, name)(number)

    def write(self, n: int) -> None:
        self.job.write(KEYS[n % len(KEYS)])

    def split(self, n: int) -> None:
        self._split(n, self.fake.open_shards(self.job.arn))

    def split_between_pages(self, n: int) -> None:
        """A shard lives for hours and a listing takes seconds: none is born and split within one listing."""
        self._split(
            n, [shard for shard in self.fake.open_shards(self.job.arn) if shard.shard_id in self.listed]
        )

    def _split(self, n: int, shards: List[FakeShard]) -> None:
        if not shards:
            return
        ways = (1, 2, 4)[n % 3] if len(shards) < 24 else 1
        self.fake.split(self.job.arn, shards[n % len(shards)].shard_id, ways)

    def pass_time(self, n: int) -> None:
        self.fake.now += n * self.step / 1000
        self.fake.trim(self.fake.now - 24 * HOUR)

    def between_pages(self, n: int) -> None:
        self.fake.between_pages.append(partial(self.write if n % 3 == 0 else self.split_between_pages, n))

    def hide(self, n: int) -> None:
        """Once per shard, and for fewer listings than prove that it is gone."""
        shards = sorted(self.fake.streams[self.job.arn].shards)
        if shards and shards[n % len(shards)] not in self.hidden:
            self.hidden.add(shards[n % len(shards)])
            self.fake.hide(self.job.arn, shards[n % len(shards)], 1 + n % (CONFIRMATIONS - 1))

    def hide_long(self, n: int) -> None:
        """Again and again, and longer than anything can be proved."""
        shards = sorted(self.fake.streams[self.job.arn].shards)
        self.fake.hide(self.job.arn, shards[n % len(shards)], 1 + n % (3 * CONFIRMATIONS))

    def expire(self, n: int) -> None:
        self.fake.expire_iterators()

    def empty(self, n: int) -> None:
        self.fake.empty_pages(n % 4)

    def throttle(self, n: int) -> None:
        self.fake.throttle(n % 3)

    def list(self, n: int) -> None:
        self.listed = set(self.fake.streams[self.job.arn].shards)
        self.job.list()

    def read(self, n: int) -> None:
        for turn in range(n, n + 4):
            self.job.read(turn)

    def rewind(self, n: int) -> None:
        self.job.rewind()

    def snapshot(self, n: int) -> None:
        self.job.snapshot()

    def crash(self, n: int) -> None:
        self.job.crash(n)


WEIGHTS = {
    "write": 6, "split": 3, "pass_time": 2, "between_pages": 3, "hide": 2, "expire": 1, "empty": 1,
    "throttle": 1, "list": 4, "read": 5, "snapshot": 2, "crash": 1, "rewind": 1,
}  # fmt: skip
BEFORE_THE_JOB = {"write": 1, "split": 1, "hide": 1, "between_pages": 1}


def ops_of(weights: Dict[str, int], hide: str, at_least: int, at_most: int) -> st.SearchStrategy[List[Op]]:
    names = [hide if name == "hide" else name for name, weight in weights.items() for _ in range(weight)]
    return st.lists(
        st.tuples(st.sampled_from(names), st.integers(0, 1000)), min_size=at_least, max_size=at_most
    )


OPS, BEFORE = ops_of(WEIGHTS, "hide", 15, 120), ops_of(BEFORE_THE_JOB, "hide", 0, 25)
LONG_OPS, LONG_BEFORE = ops_of(WEIGHTS, "hide_long", 15, 120), ops_of(BEFORE_THE_JOB, "hide_long", 0, 25)


def run(
    ops: List[Op],
    before: List[Op],
    oldest: bool,
    shuffled: bool,
    timed: bool,
    step: float,
    told_later: Tuple[Fault, ...] = (),
) -> Job:
    fake = FakeStreams(page_size=3)
    fake.shuffled, fake.timed_ids = shuffled, timed
    job = Job(fake, fake.create("orders", shards=2), oldest, told_later)
    world = World(job, step)
    for op in [*before, ("list", 0), *ops]:
        world.do(op)
    job.drain()
    return job


def numbered(*names: Union[str, Op]) -> List[Op]:
    return [(name, 0) if isinstance(name, str) else name for name in names]


WRITES = numbered(*["write"] * 15)
TWO_HIDDEN_IN_A_ROW = numbered(
    ("split", 424), "write", ("split", 1), ("hide", 140), ("hide", 245), ("between_pages", 106),
    ("split", 546), ("hide", 361), "split",
)  # fmt: skip
SHOWN_ONE_BY_ONE = numbered(
    ("split", 1), ("split", 1), ("hide", 53), ("hide", 140), ("hide", 244), ("split", 3), ("hide", 1)
)


@histories
@given(OPS, BEFORE, st.booleans(), st.booleans(), st.booleans())
@example(WRITES, TWO_HIDDEN_IN_A_ROW, False, False, False)
@example(WRITES, SHOWN_ONE_BY_ONE, False, False, False)
def test_within_the_retention_every_change_comes_out_once_and_in_order_but_for_replays_after_a_crash(
    ops: List[Op], before: List[Op], oldest: bool, shuffled: bool, timed: bool
) -> None:
    run(ops, before, oldest, shuffled, timed, step=600.0).assert_whole()


@histories
@given(LONG_OPS, LONG_BEFORE, st.booleans(), st.booleans(), st.booleans())
def test_however_long_shards_hide_nothing_comes_out_of_order_and_a_loss_is_reported(
    ops: List[Op], before: List[Op], oldest: bool, shuffled: bool, timed: bool
) -> None:
    """Only from the oldest on may a root be read before its hidden ancestor is known."""
    later = (Fault.SKIP, Fault.BACK) if oldest else (Fault.SKIP,)
    whole_or_a_gap(partial(run, ops, before, oldest, shuffled, timed, 600.0, later))


@histories
@given(OPS, BEFORE, st.booleans(), st.booleans())
def test_when_records_are_trimmed_the_job_is_whole_or_says_that_it_is_not(
    ops: List[Op], before: List[Op], shuffled: bool, timed: bool
) -> None:
    whole_or_a_gap(partial(run, ops, before, False, shuffled, timed, step=30 * HOUR))


def whole_or_a_gap(go: Callable[[], Job]) -> None:
    try:
        go().assert_whole()
        event("whole")
    except GapError:
        event("a gap")


@pytest.mark.parametrize("rotations", [1, 2, 3])
@pytest.mark.parametrize("read_to_the_end", [False, True])
def test_a_job_that_slept_for_more_than_a_day_reports_what_it_missed(
    rotations: int, read_to_the_end: bool
) -> None:
    fake = FakeStreams()
    job = Job(fake, fake.create("orders"), oldest=False)
    job.list()
    job.write("a")
    if read_to_the_end:
        shard_id = fake.open_shards(job.arn)[0].shard_id
        fake.rotate(job.arn, shard_id)
        while job.read(0):
            pass
    for _ in range(rotations):
        job.write("a")
        fake.rotate(job.arn, fake.open_shards(job.arn)[0].shard_id)
    fake.now += 26 * HOUR
    fake.trim(fake.now - 24 * HOUR)
    with pytest.raises(GapError):
        job.drain()


@pytest.mark.parametrize("timed_ids", [True, False])
def test_a_week_of_rotations_and_trimming_is_no_gap_for_a_job_that_keeps_up(timed_ids: bool) -> None:
    fake = FakeStreams()
    fake.timed_ids = timed_ids
    job = Job(fake, fake.create("orders", shards=4), oldest=False)
    sizes = []
    for hour in range(24 * 7):
        fake.now += HOUR
        fake.trim(fake.now - 24 * HOUR)
        if hour % 4 == 0:
            for shard in fake.open_shards(job.arn):
                fake.rotate(job.arn, shard.shard_id)
        if hour % 5 == 0:
            job.write("a")
        job.drain()
        sizes.append(len(job.state.lineage) + sum(map(len, job.state.slots)))
    job.assert_whole()
    assert max(sizes[100:]) <= max(sizes[40:100])
