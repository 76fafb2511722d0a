"""The estimated duration of a copy depends on sizes, slots and limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.command.estimate.copy import Limits, TableSize, copy_seconds, read_units

GB = 10**9
TABLES = st.lists(st.builds(TableSize, st.integers(0, 10**13), st.integers(0, 10**10)), max_size=5)


def test_a_unit_reads_eight_kilobytes_and_half_of_it_consistently():
    tables = [TableSize(8192 * 1000, 10), TableSize(8192, 1)]
    assert read_units(tables) == 1001
    assert read_units(tables, consistent=True) == 2002


@pytest.mark.parametrize(
    ("tables", "limits", "seconds", "bound"),
    [
        ([TableSize(1024 * 19_650, 19_650)], Limits(), 0.5, "processors"),
        ([TableSize(0, 39_300)], Limits(), 1, "processors"),
        ([TableSize(8192 * 1000, 1)], Limits(read_units=10), 100, "scan.readLimit.rate"),
        ([TableSize(1 << 30, 1)], Limits(requests=1), 1024, "scan.readLimit.rate"),
        ([TableSize(1 << 20, 1280)], Limits(requests=1, page_items=128), 10, "scan.readLimit.rate"),
        ([TableSize(GB, 1000), TableSize(1, 2000)], Limits(writes=1), 2000, "write.limit"),
    ],
)
def test_the_slowest_bound_sets_the_time(tables, limits, seconds, bound):
    found, name = copy_seconds(tables, 2, limits)
    assert (found, name) == (pytest.approx(seconds), bound)


def test_one_large_table_is_bound_by_its_quota_and_many_small_ones_are_not():
    assert copy_seconds([TableSize(100 * GB, 10**8)], 1000)[1] == "read quota of a table"
    assert copy_seconds([TableSize(GB, 10**6)] * 100, 10)[1] == "processors"


@given(TABLES, st.integers(1, 64))
def test_more_slots_or_fewer_limits_never_take_longer(tables, slots):
    seconds = copy_seconds(tables, slots)[0]
    assert 0 <= copy_seconds(tables, slots * 2)[0] <= seconds
    assert copy_seconds(tables, slots, Limits(1.0, 0.0, 0, 1.0))[0] >= seconds
