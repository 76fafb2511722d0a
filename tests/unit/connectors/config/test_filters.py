from __future__ import annotations

from typing import List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.config import TableFilter, load

TABLES = st.from_regex(r"[A-Za-z0-9_.-]{3,30}", fullmatch=True)


@given(TABLES)
def test_without_lists_every_table_takes_part(name: str) -> None:
    assert TableFilter().allows(name)


@given(TABLES, st.lists(TABLES))
def test_a_white_list_allows_exactly_what_a_black_list_of_the_same_names_refuses(
    name: str, names: List[str]
) -> None:
    listed = (*names, "other")
    assert TableFilter(white_table_set=listed).allows(name) == (name in listed)
    assert TableFilter(black_table_set=listed).allows(name) == (name not in listed)


@pytest.mark.parametrize(
    ("glob", "name", "matches"),
    [
        ("user_*", "user_1", True),
        ("user_*", "User_1", False),
        ("user_*", "a_user_1", False),
        ("us?r", "user", True),
        ("us?r", "usr", False),
        ("t[0-9]x", "t5x", True),
        ("t[!0-9]x", "t5x", False),
        ("a.b", "axb", False),
        ("*", "anything", True),
    ],
)
def test_globs_match_the_whole_name_and_its_case(glob: str, name: str, matches: bool) -> None:
    assert TableFilter(white_table_set=(glob,)).allows(name) is matches
    assert TableFilter(black_table_set=(glob,)).allows(name) is not matches


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("abc;def", ("abc", "def")),
        ("abc,def", ("abc", "def")),
        (" abc ; def,;", ("abc", "def")),
        ("[abc, def]", ("abc", "def")),
        ("[yes, 2024, 1e5, null]", ("yes", "2024", "1e5", "null")),
        ("abc", ("abc",)),
        ("2024", ("2024",)),
        ("'*'", ("*",)),
        ("", ()),
        ("[]", ()),
        (";", ()),
    ],
)
def test_a_filter_is_a_list_or_one_text_with_separators(value: str, expected: Tuple[str, ...]) -> None:
    assert load([f"--set=filter.whiteTableSet={value}"], {}).filter.white_table_set == expected


def test_thousands_of_plain_names_are_one_look_up() -> None:
    """Each listing of the source's tables asks for each of them: 6,000 names took 17 s of CPU."""
    names = tuple(f"table_{number}" for number in range(6000))
    white = TableFilter(white_table_set=(*names, "other_*"))
    compared: List[str] = []

    class Name(str):
        def __eq__(self, other: object) -> bool:
            compared.append(str(other))
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    assert white.allows("table_5999")
    assert white.allows("other_1")
    assert not white.allows(Name("table_6000"))
    assert len(compared) < 10
