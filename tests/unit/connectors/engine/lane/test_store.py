from __future__ import annotations

import random
from typing import Dict, List, Set

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.engine.lane.merge import MergeProgress
from connectors.engine.lane.store import CHUNK_BYTES, TouchedChunks, restore, store_progress
from connectors.model.lane_batch import DIGEST_SIZE
from connectors.model.state import Changed

FULL = CHUNK_BYTES // DIGEST_SIZE


def digests(first: int, count: int) -> List[bytes]:
    return [number.to_bytes(DIGEST_SIZE, "big") for number in range(first, first + count)]


class Stored:
    """Chunks of a table whose changes are kept as Flink would."""

    def __init__(self, entries: Dict[str, bytes], table: str = "t") -> None:
        self.entries, self.table = entries, table
        _, chunks = restore(list(entries.items()))
        self.chunks = chunks.get(table, TouchedChunks(table))

    def add(self, added: List[bytes]) -> Changed:
        return self._keep(lambda changed: self.chunks.add(b"".join(added), changed))

    def clear(self) -> Changed:
        return self._keep(self.chunks.clear)

    def touched(self) -> Set[bytes]:
        tables, _ = restore([("p/" + self.table, b"\x93\x01\x90\xc2"), *self.entries.items()])
        return tables[self.table].touched

    def _keep(self, step: object) -> Changed:
        changed = Changed()
        step(changed)  # type: ignore[operator]
        self.entries.update(changed.puts)
        for name in changed.removes:
            del self.entries[name]
        return changed


@settings(deadline=None)
@given(st.lists(st.one_of(st.integers(0, 3 * FULL), st.sampled_from(["restore", "clear"])), max_size=12))
def test_chunks_hold_what_was_added_since_the_last_clear_over_any_restores(steps: List[object]) -> None:
    stored, expected, last = Stored({}), [], 0
    for step in steps:
        if step == "restore":
            entries = list(stored.entries.items())
            random.Random(last).shuffle(entries)
            stored = Stored(dict(entries))
        elif step == "clear":
            stored.clear()
            expected = []
        else:
            assert isinstance(step, int)
            added = digests(last, step)
            stored.add(added)
            expected, last = expected + added, last + step
        assert stored.touched() == set(expected)
        assert len(stored.entries) == -(-len(expected) // FULL)


def test_a_step_rewrites_the_last_chunk_alone() -> None:
    stored = Stored({})
    stored.add(digests(0, FULL + 1))
    assert set(stored.add(digests(FULL + 1, 1)).puts) == {"t/t/1"}


def test_a_table_whose_name_begins_like_anothers_keeps_its_own_keys() -> None:
    changed = Changed()
    for table, first in (("t", 0), ("t.x", 10), ("t-1", 20)):
        store_progress(table, MergeProgress(1), changed)
        TouchedChunks(table).add(b"".join(digests(first, 2)), changed)
    tables, _ = restore(changed.puts.items())
    assert {name: merge.touched for name, merge in tables.items()} == {
        "t": set(digests(0, 2)),
        "t.x": set(digests(10, 2)),
        "t-1": set(digests(20, 2)),
    }


def test_progress_is_restored_as_it_was() -> None:
    changed = Changed()
    store_progress("t", MergeProgress(3, {1, 5}, False), changed)
    tables, chunks = restore(changed.puts.items())
    assert tables["t"].progress == MergeProgress(3, {1, 5}, False)
    assert chunks == {}
