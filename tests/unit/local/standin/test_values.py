"""Numbers, values, sizes and keys as DynamoDB takes them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.standin.decimals import check_number, parse_number
from local.standin.faults import ApiError
from local.standin.keys import KeyColumn, bare_key_of, key_of
from local.standin.values import DEEPEST, item_bytes, read_item
from tests.integration.standin.strategies import numbers


@given(numbers())
def test_every_number_in_range_is_taken_and_exact(text: str) -> None:
    check_number(text)
    assert parse_number(text) == Decimal(text)


@given(
    st.text("0123456789.eE+- ", max_size=12)
    | st.sampled_from(["", "1_0", "\u0661", "Infinity", "0x1", "1\n"])
)
def test_the_cheap_check_and_the_exact_one_agree(text: str) -> None:
    assert accepts(check_number, text) == accepts(parse_number, text)


def accepts(check: Any, text: str) -> bool:
    try:
        check(text)
    except ApiError:
        return False
    return True


@pytest.mark.parametrize(
    "text",
    ["1" * 39, "1E126", "9.9E-131", "1E999999999999999999999", "abc", "", "1_0", "\u0661", "NaN", "1 ", "."],
)
def test_an_invalid_dynamodb_number_is_refused(text: str) -> None:
    assert not accepts(check_number, text)


@pytest.mark.parametrize(
    "text", ["1" + "0" * 100, "0." + "0" * 100 + "1", "000" + "1" * 38, "-0", "0E500", ".5", "5."]
)
def test_zeros_on_either_side_are_not_significant(text: str) -> None:
    assert accepts(check_number, text)


def document(**attributes: Any) -> bytes:
    return json.dumps(attributes).encode()


def nested(levels: int) -> Any:
    return {"S": "x"} if levels == 0 else {"L": [nested(levels - 1)]}


def test_values_nest_to_32_levels_and_no_further() -> None:
    read_item(document(x=nested(DEEPEST - 1)))
    with pytest.raises(ApiError, match="Nesting"):
        read_item(document(x=nested(DEEPEST)))


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"S": "a", "N": "1"},
        {"X": "a"},
        {"S": 1},
        {"S": None},
        {"N": 1},
        {"B": "not base64"},
        {"B": "YQ"},
        {"BOOL": "true"},
        {"NULL": None},
        {"L": {}},
        {"L": [1]},
        {"L": [{}]},
        {"M": []},
        {"M": {"a": 1}},
        {"M": {"": {"S": "a"}}},
        {"SS": "a"},
        {"SS": [1]},
        {"SS": ["a", "a"]},
        {"BS": ["YQ==", "YQ=="]},
        {"NS": ["1", "1E0"]},
        "a",
        None,
    ],
)
def test_a_malformed_value_is_refused_at_any_depth(value: Any) -> None:
    for item in (document(x=value), document(x={"M": {"y": {"L": [value]}}})):
        with pytest.raises(ApiError) as caught:
            read_item(item)
        assert caught.value.code in ("ValidationException", "SerializationException")


def test_empty_strings_binaries_lists_and_maps_are_values() -> None:
    read_item(document(a={"S": ""}, b={"B": ""}, c={"L": []}, d={"M": {}}, e={"SS": [""]}))


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ({"ab": {"S": "cé"}}, 2 + 3),
        ({"a": {"B": "YWJj"}}, 1 + 3),
        ({"a": {"BOOL": True}}, 1 + 1),
        ({"a": {"NULL": True}}, 1 + 1),
        ({"a": {"L": [{"S": "x"}, {"S": "y"}]}}, 1 + 3 + 2 * (1 + 1)),
        ({"a": {"M": {"b": {"S": "x"}}}}, 1 + 3 + (1 + 1 + 1)),
        ({"a": {"SS": ["x", "yz"]}}, 1 + 3),
        ({"a": {"N": "123400"}}, 1 + 3),
        ({"a": {"N": "-0.001234"}}, 1 + 3),
        ({"a": {"N": "1.234E127"}}, 1 + 3),
    ],
)
def test_sizes_count_names_and_values(attributes: Any, size: int) -> None:
    assert item_bytes(attributes) == size


@pytest.mark.parametrize("text", ["9" + "0" * 125, "9E+125", "+9e125", "0." + "0" * 129 + "9"])
def test_zeros_and_the_exponent_of_a_number_do_not_count(text: str) -> None:
    assert item_bytes({"": {"N": text}}) == item_bytes({"": {"N": "9"}})


@pytest.mark.parametrize("nul", ["a\x00", "\\\x00", "\x00"])
def test_a_nul_is_found_behind_any_escape(nul: str) -> None:
    for item in (document(x={"S": nul}), document(**{nul: {"S": "x"}}), document(x={"SS": ["y", nul]})):
        with pytest.raises(ApiError, match="NUL"):
            read_item(item)
    read_item(document(x={"S": "\\u0000"}))


COLUMNS = [KeyColumn("pk", "S", 2048), KeyColumn("sk", "N", 1024)]


def test_a_key_is_read_out_of_an_item_in_column_order() -> None:
    key = key_of(COLUMNS, {"sk": {"N": "1.0"}, "x": {"S": "y"}, "pk": {"S": "a"}})
    assert key.parameters == ("a", "1.0")
    assert key.order == ("a", Decimal(1))


@pytest.mark.parametrize("key", [{"pk": {"S": "a"}}, {"pk": {"S": "a"}, "sk": {"S": "1"}}, {}])
def test_an_incomplete_or_mistyped_key_is_refused(key: Any) -> None:
    with pytest.raises(ApiError):
        bare_key_of(COLUMNS, key)


@given(st.lists(st.text(min_size=1), min_size=2, max_size=2))
def test_string_keys_sort_by_their_bytes_as_collation_c_does(pair: Any) -> None:
    first, second = (key_of([COLUMNS[0]], {"pk": {"S": text}}).order for text in pair)
    assert (first < second) == (pair[0].encode() < pair[1].encode())
