from __future__ import annotations

import tracemalloc
from typing import List, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.model.lane_batch import DIGEST_SIZE, PER_ENTRY, ReadKind, digest_of, lane_of, partition

ENTRIES = st.lists(st.tuples(st.binary(min_size=1, max_size=3), st.binary(max_size=4), st.booleans()))


@settings(deadline=None)
@given(ENTRIES, st.integers(1, 128))
def test_every_entry_is_in_its_keys_lane_once_and_in_the_pages_order(
    drawn: List[Tuple[bytes, bytes, bool]], lanes: int
) -> None:
    entries = [(digest_of("t", key), body, delete) for key, body, delete in drawn]
    loads = partition(ReadKind.SCAN, "t", 1, "o", entries, lanes)
    for lane in range(lanes):
        expected = [entry for entry in entries if lane_of(entry[0], lanes) == lane]
        found = loads.get(lane)
        assert (found is None) == (not expected)
        if found is not None:
            assert list(zip(found.digests, found.bodies, found.deletes)) == expected


@settings(deadline=None)
@given(st.text(), st.text(), st.binary(), st.binary())
def test_a_digest_names_one_key_of_one_table(one: str, other: str, key: bytes, another: bytes) -> None:
    assert len(digest_of(one, key)) == DIGEST_SIZE
    assert (digest_of(one, key) == digest_of(one, another)) == (key == another)
    if one.encode()[-64:] != other.encode()[-64:]:
        assert digest_of(one, key) != digest_of(other, key)


def test_keys_spread_evenly_over_the_lanes() -> None:
    counts = [0] * 16
    for number in range(16_000):
        counts[lane_of(digest_of("t", str(number).encode()), 16)] += 1
    assert min(counts) > 850
    assert max(counts) < 1150


def test_the_size_of_a_slice_counts_its_bodies_and_something_for_each_entry() -> None:
    (one,) = partition(ReadKind.SCAN, "t", 1, "o", [(b"x" * 16, b"12345", False)] * 3, 1).values()
    assert one.size() == 3 * (5 + PER_ENTRY)


@pytest.mark.parametrize(("items", "length"), [(30_000, 19), (30_000, 100), (2000, 1000), (50, 100_000)])
def test_the_size_of_a_batch_is_the_memory_that_it_takes_to_a_fifth(items: int, length: int) -> None:
    """Pages of tiny items held half as much again as the budget for reading ahead allowed."""
    page = b"x" * length
    tracemalloc.start()
    try:
        entries = ((number.to_bytes(16, "little"), page[:-1] + b"y", False) for number in range(items))
        batches = partition(ReadKind.SCAN, "t", 1, "segment 1 of 1", entries, 4)
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert sum(batch.size() for batch in batches.values()) == pytest.approx(held, rel=0.2)


def test_a_key_has_the_same_lane_in_every_process() -> None:
    """Python's own hash differs from process to process: two lanes would write one key in any order."""
    digest = digest_of("orders", b"7")
    assert digest.hex() == "393d71f5cd5ba3c690bb424c5c57aceb"
    assert [lane_of(digest, lanes) for lanes in (1, 4, 7, 128)] == [0, 1, 2, 57]
