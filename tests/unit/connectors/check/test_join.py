"""Fingerprints of both sides, joined: against dictionaries."""

from __future__ import annotations

import random
from collections import Counter
from typing import Dict, Iterator, List, Set, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.check import join as module
from connectors.check.chunks import MOST_RUNS, PARTITIONS, FingerprintChunks, FingerprintRun
from connectors.check.join import Join, JoinSuspect
from connectors.model.records import Fingerprints
from tests.fakes.bulk import MemoryBulk

Record = Tuple[bytes, bytes]

words = st.sampled_from([b"\0" * 8, b"\1" * 8, b"\xff" * 8, b"\0" * 7 + b"\1", b"12345678"])
keys = st.tuples(words, words).map(b"".join)
records = st.tuples(keys, words)
pages = st.lists(st.lists(records, max_size=8), max_size=6)


class CountingBulk(MemoryBulk):
    def __init__(self) -> None:
        super().__init__()
        self.reads: Counter[str] = Counter()

    def get(self, name: str) -> bytes:
        self.reads[name] += 1
        return super().get(name)


def part(page: List[Record], of_target: bool, run: int = 4, segment: int = 2) -> Fingerprints:
    lots = [page[at : at + run] for at in range(0, len(page), run)]
    bounds = [b"key %d" % number for number in range(len(lots) + 1)]
    blob = b"".join(key + value for key, value in page)
    return Fingerprints(
        "t", [("id", "S")], of_target, segment, 5, 1.0, run, blob, [len(lot) for lot in lots], bounds
    )


def filled(bulk: MemoryBulk, found: List[List[Record]], of_target: bool) -> FingerprintChunks:
    chunks = FingerprintChunks("t", of_target, bulk)
    for page in found:
        if page:
            chunks.add(part(page, of_target))
    return chunks


def joined(source: List[List[Record]], target: List[List[Record]]) -> Tuple[int, List[JoinSuspect]]:
    bulk = MemoryBulk()
    count = sum(map(len, source)) + sum(map(len, target))
    return finished(Join(filled(bulk, source, False), filled(bulk, target, True), count))


def finished(join: Join) -> Tuple[int, List[JoinSuspect]]:
    equal, suspects = 0, []
    while not join.done:
        found = join.step(1000)
        if found is not None:
            equal += found.equal
            suspects += found.suspects
    return equal, suspects


def values(found: List[List[Record]]) -> Dict[bytes, Set[bytes]]:
    by_key: Dict[bytes, Set[bytes]] = {}
    for page in found:
        for key, value in page:
            by_key.setdefault(key, set()).add(value)
    return by_key


@given(pages, pages, st.sampled_from([1, 500_000]), st.sampled_from([1, 200, 1 << 20]))
def test_a_join_finds_what_dictionaries_find_however_it_is_cut(
    source: List[List[Record]], target: List[List[Record]], records_a_pass: int, log: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PASS_RECORDS", records_a_pass)
        patch.setattr("connectors.check.chunks.LOG_BYTES", log)
        equal, suspects = joined(source, target)
    ours, theirs = values(source), values(target)
    same = {key for key in ours if ours[key] == theirs.get(key) and len(ours[key]) == 1}
    assert equal == len(same)
    assert sorted(suspect.digest for suspect in suspects) == sorted({*ours, *theirs} - same)
    for suspect in suspects:
        assert (suspect.source is None, suspect.target is None) == (
            suspect.digest not in ours,
            suspect.digest not in theirs,
        )


def test_a_page_that_is_read_twice_counts_once() -> None:
    page = [(b"k" * 16, b"v" * 8), (b"l" * 16, b"w" * 8)]
    assert joined([page, page], [page]) == (2, [])


def random_page(count: int, seed: int) -> List[Record]:
    rng = random.Random(seed)
    return [(rng.randbytes(16), rng.randbytes(8)) for _ in range(count)]


def test_each_entry_is_read_once_whatever_the_number_of_chunks() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("connectors.check.chunks.LOG_BYTES", 5000)
        bulk = CountingBulk()
        page = [random_page(300, seed) for seed in range(8)]
        join = Join(filled(bulk, page, False), filled(bulk, page[:7], True), 15 * 300)
        bulk.reads.clear()
        equal, suspects = finished(join)
    assert (equal, len(suspects)) == (7 * 300, 300)
    assert join.passes == PARTITIONS
    assert len(bulk.reads) == 15 * PARTITIONS
    assert set(bulk.reads.values()) == {1}


def test_suspects_beyond_those_wanted_are_only_counted() -> None:
    bulk = MemoryBulk()
    source, target = random_page(50, 1), random_page(60, 2)
    differing = [(key, b"another!") for key, _ in source[:20]]
    join = Join(filled(bulk, [source], False), filled(bulk, [differing, target], True), 130)
    found = join.step(10)
    assert found is not None
    assert (len(found.suspects), found.beyond) == (10, 20 + 30 + 60 - 10)


@given(
    st.lists(st.lists(records, min_size=1, max_size=20), max_size=8), st.integers(1, 7), st.integers(1, 900)
)
def test_each_digest_is_found_again_in_the_run_it_was_scanned_in(
    found: List[List[Record]], run: int, log: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("connectors.check.chunks.LOG_BYTES", log)
        chunks = FingerprintChunks("t", True, MemoryBulk())
        for number, page in enumerate(found):
            chunks.add(part(page, True, run, number))
    runs = {key: set() for page in found for key, _ in page}
    for place, key in keys_at(chunks):
        runs[key].add(chunks.runs([place])[place])
    wanted = {key: set() for key in runs}
    for number, page in enumerate(found):
        for place, (key, _) in enumerate(page):
            at = place // run
            wanted[key].add(FingerprintRun(True, number, 5, b"key %d" % at, b"key %d" % (at + 1), run))
    assert runs == wanted


def keys_at(chunks: FingerprintChunks) -> Iterator[Tuple[int, bytes]]:
    for number in range(chunks.full + 1):
        for partition in range(PARTITIONS):
            records = chunks.read(number, partition, PARTITIONS)
            for row, place in zip(records.words, records.places):
                yield int(place), row[:2].tobytes()


def test_a_chunk_is_cut_before_its_runs_cannot_be_numbered_any_more() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("connectors.check.chunks.MOST_RUNS", 5)
        chunks = FingerprintChunks("t", True, MemoryBulk())
        for _ in range(4):
            chunks.add(part(random_page(12, 3), True))
    assert chunks.full == 3
    assert MOST_RUNS == 1 << 16


@given(pages, pages, st.sampled_from([1, 100, 1 << 20]))
def test_chunks_continue_where_an_earlier_process_ended(
    before: List[List[Record]], after: List[List[Record]], log: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("connectors.check.chunks.LOG_BYTES", log)
        bulk = MemoryBulk()
        first = filled(bulk, before, False)
        second = FingerprintChunks("t", False, bulk, first.full)
        for page in after:
            if page:
                second.add(part(page, False))
    assert sorted(key for _, key in keys_at(second)) == sorted(
        key for page in before + after for key, _ in page
    )


@given(pages, st.integers(1, 3), st.sampled_from([1, 100, 1 << 20]))
def test_chunks_that_are_dropped_step_by_step_leave_nothing_behind(
    found: List[List[Record]], most: int, log: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("connectors.check.chunks.LOG_BYTES", log)
        bulk = MemoryBulk()
        chunks = filled(bulk, found, False)
        while chunks.drop(most) == most:
            chunks = FingerprintChunks("t", False, bulk, chunks.full)
    assert not bulk.entries


def test_keys_that_share_half_of_their_digest_are_two_keys() -> None:
    """One of each side: as a pair they would be one difference, or one equal key, in place of two."""
    one, other = b"\0" * 8 + b"\1" * 8, b"\0" * 8 + b"\2" * 8
    equal, suspects = joined([[(one, b"v" * 8)]], [[(other, b"v" * 8)]])
    assert equal == 0
    assert [(each.digest, each.source is None) for each in suspects] == [(one, False), (other, True)]


@pytest.mark.parametrize(("records", "passes"), [(0, 1), (10, 1), (11, 2), (20, 2), (21, 3)])
def test_no_pass_holds_more_records_than_memory_allows(
    records: int, passes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PASS_RECORDS", 10)
    bulk = MemoryBulk()
    assert Join(filled(bulk, [], False), filled(bulk, [], True), records).passes == passes
