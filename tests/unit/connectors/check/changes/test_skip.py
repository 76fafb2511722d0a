"""The shards that the first generation skips have no record that it needs."""

from __future__ import annotations

from typing import Dict, List, Optional

from hypothesis import given
from hypothesis import strategies as st

from connectors.check.changes.skip import lineage, unneeded

BEFORE = 50.0


@st.composite
def trees(draw: st.DrawFn) -> Dict[str, str]:
    """Shards with their parents. Some of the parents were trimmed."""
    count = draw(st.integers(1, 12))
    parents = {}
    for number in range(count):
        parent = draw(st.integers(-1, number - 1))
        parents[f"s{number}"] = "" if parent < 0 else f"s{parent}"
    if draw(st.booleans()):
        del parents["s0"]
    return parents


@given(parents=trees(), data=st.data())
def test_no_skipped_shard_has_a_record_that_is_needed(parents: Dict[str, str], data: st.DataObject) -> None:
    """The records of a shard are not older than those of its parent."""
    times: Dict[str, List[float]] = {}
    for shard_id in sorted(parents, key=lambda name: int(name[1:])):
        above = [max(times[each]) for each in lineage(parents, parents[shard_id]) if times.get(each)]
        earliest = max(above, default=0.0)
        times[shard_id] = sorted(
            data.draw(st.lists(st.floats(earliest, earliest + 40, allow_nan=False), max_size=3))
        )
    looked: List[str] = []

    def first_time(shard_id: str) -> Optional[float]:
        looked.append(shard_id)
        return times[shard_id][0] if times[shard_id] else None

    skipped = unneeded(parents, BEFORE, first_time)
    assert not [each for each in skipped if any(time >= BEFORE for time in times[each])]
    assert len(looked) == len(set(looked))
    assert not skipped - set(parents)


def test_one_read_of_the_newest_shard_is_usually_enough() -> None:
    looked: List[str] = []

    def first_time(shard_id: str) -> Optional[float]:
        looked.append(shard_id)
        return 10.0

    assert unneeded({"a": "", "b": "a", "c": "b"}, BEFORE, first_time) == {"a", "b"}
    assert looked == ["c"]


def test_a_shard_without_a_record_says_nothing_about_its_parent() -> None:
    assert unneeded({"a": "", "b": "a"}, BEFORE, lambda _: None) == set()
