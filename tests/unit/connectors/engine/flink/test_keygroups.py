from __future__ import annotations

from collections import Counter
from typing import List

import pytest

from connectors.engine.flink.keygroups import MAX_PARALLELISM, even_keys, key_group
from tests.fakes.keygroups import subtask


def most(keys: List[int], parallelism: int) -> int:
    return max(Counter(subtask(key, parallelism) for key in keys).values())


def fair(count: int, parallelism: int) -> int:
    return -(-count // parallelism)


def test_no_subtask_gets_more_than_one_key_above_its_share_whatever_the_parallelism() -> None:
    for count in range(1, MAX_PARALLELISM + 1):
        keys = even_keys(count)
        assert len(set(keys)) == count
        for parallelism in (*range(1, 17), 24, 32, 48, 64, 96, 127, 128):
            assert most(keys, parallelism) <= fair(count, parallelism) + 1, (count, parallelism)


@pytest.mark.parametrize("count", [1, 2, 4, 8, 16, 32, 64, 128])
def test_a_power_of_two_is_spread_evenly_over_up_to_32_subtasks(count: int) -> None:
    keys = even_keys(count)
    for parallelism in range(1, 33):
        assert most(keys, parallelism) == fair(count, parallelism)


def test_keys_are_the_same_in_every_run() -> None:
    """They lie in savepoints."""
    assert even_keys(4) == [299, 238, 8, 101]


def test_every_key_group_is_reached() -> None:
    assert {key_group(key) for key in even_keys(MAX_PARALLELISM)} == set(range(MAX_PARALLELISM))
