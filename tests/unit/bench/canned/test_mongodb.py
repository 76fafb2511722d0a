from __future__ import annotations

from typing import Any, Dict, List

import pytest

pytest.importorskip("bson")

from bench.canned.mongodb import Counts, answer


def listed(counts: Counts, **more: Any) -> List[str]:
    reply: Dict[str, Any] = answer({"listCollections": 1, "$db": "bench", **more}, 0, counts)
    return [one["name"] for one in reply["cursor"]["firstBatch"]]


def test_a_collection_that_was_created_is_listed() -> None:
    """Or the job takes its table for dropped, once the copy has lasted a minute."""
    counts = Counts()
    assert listed(counts) == []
    answer({"create": "a", "$db": "bench"}, 0, counts)
    answer({"create": "b", "$db": "bench"}, 0, counts)
    assert listed(counts) == ["a", "b"]
    assert listed(counts, filter={"name": "b"}) == ["b"]
    assert listed(counts, filter={"name": "c"}) == []


def test_writes_are_counted() -> None:
    counts = Counts()
    assert answer({"update": "a", "$db": "bench"}, 3, counts) == {"n": 3, "nModified": 3}
    assert answer({"benchStats": 1}, 0, counts)["written"] == 3
