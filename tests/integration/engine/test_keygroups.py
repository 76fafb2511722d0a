from __future__ import annotations

from typing import Any

import pytest

from connectors.engine.flink.keygroups import MAX_PARALLELISM, even_keys, key_group
from tests.fakes.keygroups import subtask


@pytest.fixture(scope="module")
def jvm() -> Any:
    from pyflink.java_gateway import get_gateway

    return get_gateway().jvm


def row_of(jvm: Any, key: int) -> Any:
    """A key as PyFlink hands it to Flink."""
    row = jvm.org.apache.flink.types.Row(1)
    row.setField(0, key)
    return row


def test_flink_puts_our_keys_where_we_say(jvm: Any) -> None:
    ranges = jvm.org.apache.flink.runtime.state.KeyGroupRangeAssignment
    for key in {*range(64), *even_keys(16), *even_keys(MAX_PARALLELISM)}:
        row = row_of(jvm, key)
        assert ranges.assignToKeyGroup(row, MAX_PARALLELISM) == key_group(key)
        for parallelism in (1, 2, 3, 7, 64, 128):
            found = ranges.assignKeyToParallelOperator(row, MAX_PARALLELISM, parallelism)
            assert found == subtask(key, parallelism)
