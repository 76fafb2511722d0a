from __future__ import annotations

from typing import Dict, List, Tuple

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.engine.lane.fold import Fold
from connectors.model.writes import Write

CHANGES = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.booleans()))


@settings(deadline=None)
@given(CHANGES)
def test_the_last_change_of_each_key_wins_and_no_key_is_written_twice(
    changes: List[Tuple[str, int, bool]],
) -> None:
    fold = Fold()
    last: Dict[Tuple[str, int], Write] = {}
    for place, (table, key, delete) in enumerate(changes):
        body = str(place).encode()
        fold.add(table, f"page {place}", [(bytes([key]), body, delete)])
        last[(table, key)] = Write(table, body, delete, f"page {place}")
    assert sorted(fold.writes()) == sorted(last.values())


def test_a_key_put_deleted_and_put_again_within_one_record_is_one_put() -> None:
    fold = Fold()
    fold.add("t", "o", [(b"k", b"1", False), (b"k", b"k", True), (b"k", b"3", False)])
    assert fold.writes() == [Write("t", b"3", False, "o")]
