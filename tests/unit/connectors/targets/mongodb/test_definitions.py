from __future__ import annotations

import pytest

from connectors.targets.mongodb.definitions import _is_aside, _shown, migrated
from connectors.targets.mongodb.index_plan import MongoIndex


@pytest.mark.parametrize(
    ("name", "aside"),
    [
        ("orders", False),
        ("orders_20261122101112", True),
        ("other_20261122101112", False),
        ("orders_2026112210111", False),
        ("orders_20261122101112_20261122101113", True),
    ],
)
def test_a_renamed_collection_is_recognized_by_its_name(name: str, aside: bool) -> None:
    assert _is_aside(name, {"orders", "orders_20261122101112", name}) is aside


def test_the_check_compares_neither_the_board_nor_what_was_renamed() -> None:
    names = {"orders", "orders_20261122101112", "system.views", "polarshake_board", "polarshake_boards"}
    assert migrated(names) == {"orders", "polarshake_boards"}


def test_an_index_is_shown_by_its_fields() -> None:
    assert _shown(MongoIndex((("pk", 1), ("sk", 1)), True)) == "unique index on pk, sk"
    assert _shown(MongoIndex((("pk.S", "hashed"),))) == "index on pk.S (hashed)"
