from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connectors.postgres.layout.names import folded_as, quoted, same_name, stored_as
from connectors.postgres.pgoutput.messages import Relation


def test_the_exact_name_wins_over_one_in_another_case() -> None:
    assert same_name("Users", ["users", "Users"]) == "Users"


def test_a_name_folded_to_lower_case_is_found_unless_two_match() -> None:
    assert same_name("userid", ["UserId", "other"]) == "UserId"
    assert same_name("userid", ["UserId", "USERID"]) is None


def test_a_missing_name_is_not_found() -> None:
    assert same_name("users", ["user"]) is None


def test_a_name_truncated_by_postgresql_is_found() -> None:
    long = "a" * 80
    assert same_name("a" * 63, [long, "b"]) == long
    assert same_name("a" * 63, [long, "a" * 81]) is None
    assert same_name("a" * 63, ["A" * 80]) == "A" * 80


@given(st.text(st.characters(blacklist_categories=("Cs",)), min_size=1))
def test_a_name_as_postgresql_stores_it_finds_the_name(name: str) -> None:
    assert same_name(stored_as(name), [name]) == name
    assert len(stored_as(name).encode()) <= 63


def test_a_name_in_upper_case_was_quoted_and_matches_itself_alone() -> None:
    assert same_name("USERID", ["UserId"]) is None
    assert folded_as("UsérID") == "usérid"
    assert folded_as("É") == "É"


def test_quotes_within_names_are_doubled() -> None:
    assert quoted(Relation(1, "my schema", 'a"b', "d", ())) == '"my schema"."a""b"'
