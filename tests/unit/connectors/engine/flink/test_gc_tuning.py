from __future__ import annotations

import gc
from typing import Iterator

import pytest

from connectors.engine.flink import gc_tuning


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_a_lane_record_full_of_objects_starts_no_collection_over_what_was_loaded() -> None:
    gc_tuning.tune()
    gc_tuning.tune()
    assert gc.get_freeze_count() > 0
    before = [generation["collections"] for generation in gc.get_stats()]
    held = [{"filter": {"pk": str(number)}} for number in range(10_000)]
    assert [generation["collections"] for generation in gc.get_stats()][1:] == before[1:]
    assert len(held) == 10_000


def test_cycles_are_still_collected() -> None:
    gc_tuning.tune()
    assert gc.isenabled()
