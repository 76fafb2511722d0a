"""Tables that are named with the number of a suspension."""

from __future__ import annotations

import pytest

from connectors.base.errors import ConfigError
from connectors.config import load
from connectors.config.suspensions import NumberedTable, names


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("orders@1", [("orders", 1)]),
        ("[orders@1, 'user_*@12']", [("orders", 1), ("user_*", 12)]),
        ("orders@1; users@2", [("orders", 1), ("users", 2)]),
        ("[]", []),
    ],
)
def test_a_list_or_a_text_is_read(text: str, read: object) -> None:
    assert list(load(["--set", f"tables.rescan={text}"], {}).tables.rescan) == read


@pytest.mark.parametrize(
    "text", ["orders", "orders@", "orders@0", "orders@x", "@1", "o@1", "[orders@1, users]"]
)
def test_a_name_without_its_number_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigError, match=r"tables\.resume"):
        load(["--set", f"tables.resume={text}"], {})


def test_the_message_tells_where_the_number_is_shown() -> None:
    with pytest.raises(ConfigError, match=r"orders@1.*polarshake status"):
        load(["--set", "tables.resume=orders"], {})


def test_one_suspension_is_named_and_no_other() -> None:
    given = [NumberedTable("orders", 2), NumberedTable("user_*", 1)]
    assert names(given, "orders", 2)
    assert not names(given, "orders", 1)
    assert not names(given, "orders", 3)
    assert names(given, "user_a", 1)
    assert not names(given, "users", 1)
