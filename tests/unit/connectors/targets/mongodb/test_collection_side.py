from __future__ import annotations

from typing import Any, Dict, List

import pytest
from bson.decimal128 import Decimal128
from bson.int64 import Int64

from connectors.targets.mongodb.collection_side import together


@pytest.mark.parametrize(
    ("filters", "queries"),
    [
        ([], []),
        ([{"pk": "a"}, {"pk": "b"}], [{"pk": {"$in": ["a", "b"]}}]),
        (
            [{"pk": Decimal128("1.5"), "sk": Int64(n)} for n in (1, 2)] + [{"pk": "b", "sk": Int64(2)}],
            [{"pk": Decimal128("1.5"), "sk": {"$in": [1, 2]}}, {"pk": "b", "sk": {"$in": [2]}}],
        ),
        ([{"pk": "a"}, {"_id": 1}], [{"pk": {"$in": ["a"]}}, {"_id": {"$in": [1]}}]),
    ],
)
def test_filters_that_differ_in_their_last_value_are_asked_together_and_no_others(
    filters: List[Dict[str, Any]], queries: List[Dict[str, Any]]
) -> None:
    assert together(filters) == queries
