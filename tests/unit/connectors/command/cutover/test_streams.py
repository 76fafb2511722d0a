"""The time up to which everything is written, or is read and counted."""

import pytest

from connectors.command.cutover.streams import ROUNDING, DynamoStreams, PassedLog, PolarLog, written_through
from tests.fakes.cutover import FakeSlots, slot
from tests.fakes.flink import FakeFlink, FakeJob

READ = {"shardsReading": 1}


def job(**tables):
    made = FakeJob("f1", "polarshake forward")
    made.tables = tables
    return made


def test_the_time_is_that_of_the_table_furthest_behind_including_the_age_of_its_measurement():
    near, old = {"lagSeconds": 6, "measuredAt": 1000}, {"lagSeconds": 1, "measuredAt": 990}
    tables = {"a": {**READ, **near}, "b": {**READ, **old}}
    assert written_through(job(**tables).progress()) == 989 - ROUNDING


@pytest.mark.parametrize(
    "unknown",
    [READ, {**READ, "lagSeconds": 3}, {**READ, "measuredAt": 3}, {"lagSeconds": 3, "measuredAt": 1000}],
)
def test_if_the_lag_of_one_table_is_unknown_so_is_the_time(unknown):
    known = {**READ, "lagSeconds": 6, "measuredAt": 1000}
    assert written_through(job(a=known, b=unknown).progress()) is None
    assert written_through(job().progress()) is None


@pytest.mark.parametrize("step", [-1, 0, 1, 3])
def test_while_a_tables_changes_wait_the_time_is_unknown(step):
    numbers = {**READ, "lagSeconds": 6, "measuredAt": 1000}
    assert written_through(job(a={**numbers, "step": step}).progress()) is None
    assert written_through(job(a={**numbers, "step": 2}).progress()) == 994 - ROUNDING


def test_the_flow_of_the_forward_job_counts_the_changes_that_its_workers_have_read():
    flink = FakeFlink(job(a={**READ, "streamed": 3, "lagSeconds": 6, "measuredAt": 1000}))
    flow = DynamoStreams(flink).poll("f1")
    assert (flow.changes, flow.through) == ({"a": 3}, 994 - ROUNDING)


def test_a_log_is_read_once_all_slots_are_past_its_end_and_the_counters_are_newer():
    log = PassedLog()
    assert log.take([slot(confirmed=50, end=100)], 10, 11, 9) is None
    assert log.take([slot(confirmed=99, end=100)], 12, 13, 12) is None
    assert log.take([slot(confirmed=100, end=300)], 14, 15, 14) is None
    assert log.take([slot(confirmed=100, end=300)], 16, 17, 15 + ROUNDING) == 10


def test_the_slot_furthest_behind_decides():
    log = PassedLog()
    both = [slot("a", 100, 100), slot("b", 90, 100)]
    assert log.take(both, 10, 11, 9) is None
    assert log.take(both, 12, 13, 99) is None
    assert log.take([slot("a", 100, 100), slot("b", 100, 100)], 14, 15, 99) == 10


def test_without_slots_nothing_is_known():
    assert PassedLog().take([], 10, 11, 99) is None


def test_the_flow_of_the_reverse_job_counts_the_changes_that_its_readers_have_read():
    reverse = FakeJob("r1", "polarshake reverse")
    reverse.tables = {"orders": {"read": 4, "streamed": 3}}
    reverse.slots = {"flink_slot": {"measuredAt": 10_000}}
    times = iter([10, 11, 12, 13])
    log = PolarLog(FakeFlink(reverse), FakeSlots(slot(pid=7)), lambda: next(times))
    assert log.poll("r1").through is None
    flow = log.poll("r1")
    assert (flow.changes, flow.through) == ({"orders": 4}, 10)


def test_counters_that_do_not_cover_every_slot_prove_nothing():
    reverse = FakeJob("r1", "polarshake reverse")
    reverse.slots = {"flink_slot": {"measuredAt": 10_000}}
    slots = FakeSlots(slot(pid=7), slot("other", pid=8), names=("flink_slot", "other"))
    log = PolarLog(FakeFlink(reverse), slots, lambda: 10.0)
    for _ in range(5):
        assert log.poll("r1").through is None
