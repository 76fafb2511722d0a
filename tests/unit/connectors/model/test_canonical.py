from __future__ import annotations

import base64
import json
import random
import subprocess
import sys
from typing import Any, List

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.base.errors import TerminalError
from connectors.model.canonical import canonical, value_digest
from local.verify.canonical import canonical as verified
from tests.harness.depth import examples
from tests.unit.connectors.model.strategies import (
    Item,
    Value,
    damaged,
    items,
    last_digit_changed,
    numbers,
    plain,
    respelled,
    respelled_number,
    values,
)

RANDOM = st.randoms(use_true_random=False)


def digest(**attributes: Any) -> bytes:
    return value_digest(json.dumps(attributes).encode())


@settings(deadline=None, max_examples=examples(500))
@given(items, RANDOM)
def test_an_item_in_any_other_spelling_has_the_same_digest(item: Item, rng: random.Random) -> None:
    other = respelled(item, rng)
    assert canonical(other) == canonical(plain(item))
    assert value_digest(other) == value_digest(plain(item))


@settings(deadline=None, max_examples=examples(500))
@given(items, RANDOM)
def test_an_item_with_one_change_has_another_digest(item: Item, rng: random.Random) -> None:
    assert value_digest(plain(damaged(item, rng))) != value_digest(respelled(item, rng))


@settings(deadline=None, max_examples=examples(300))
@given(values, values)
def test_two_values_have_one_form_exactly_when_the_independent_reader_finds_them_equal(
    one: Value, other: Value
) -> None:
    same = verified({"a": one}) == verified({"a": other})
    assert (canonical(plain({"a": one})) == canonical(plain({"a": other}))) == same


@settings(deadline=None)
@given(numbers(), RANDOM)
@example("1" * 38, random.Random(0))
@example("0." + "0" * 129 + "1" * 38, random.Random(0))
def test_a_digit_changed_at_the_38th_place_is_another_number(text: str, rng: random.Random) -> None:
    other = respelled_number(last_digit_changed(text), rng)
    assert digest(n={"N": other}) != digest(n={"N": text})
    assert digest(n={"N": respelled_number(text, rng)}) == digest(n={"N": text})


@pytest.mark.parametrize(
    ("kind", "spellings"),
    [
        ("N", ["1", "1.0", "1E0", "1e+0", "01", "+1", "10E-1", "0.1E1", "1.", "1E-0"]),
        ("N", ["0", "-0", "0.00", "0E5", "-0.0E-10", "00", "0E125", ".0"]),
        ("N", ["1E125", "1e+125", "1" + "0" * 125, "0.1E126"]),
        ("N", ["1E-130", "0." + "0" * 129 + "1", "10e-131"]),
        ("N", ["-1.5", "-1.50", "-15E-1", "-01.5", "-0.15e1"]),
        ("B", ["QQ==", "QQ", "Q Q==", "QQ=\n=", " QQ==\n", "QR=="]),
        ("B", ["", " "]),
        ("SS", [["a", "b"], ["b", "a"]]),
        ("NS", [["1", "2"], ["2.0", "1E0"], ["+2", "01"]]),
        ("NS", [["9", "10"], ["10.0", "9"]]),
        ("BS", [["QQ==", "Qg=="], ["Qg", "Q Q"]]),
    ],
)
def test_every_spelling_of_a_value_has_the_same_digest(kind: str, spellings: List[Any]) -> None:
    assert len({digest(a={kind: spelling}) for spelling in spellings}) == 1
    assert len({digest(a={"L": [{"M": {"x": {kind: spelling}}}]}) for spelling in spellings}) == 1


def test_strings_are_equal_however_they_are_escaped() -> None:
    one = '{"na\u00efve":{"S":"\u00e9 \U0001f600 / \\n"}}'.encode()
    other = b'{"na\\u00EFve" : {"S" : "\\u00e9 \\ud83d\\ude00 \\/ \\u000a"}}'
    assert value_digest(one) == value_digest(other)


def test_letters_that_look_alike_are_different() -> None:
    assert digest(a={"S": "\u00e9"}) != digest(a={"S": "e\u0301"})


def test_values_that_are_almost_equal_are_different() -> None:
    a: List[Any] = [{"S": "a"}]
    bodies: List[Any] = [
        *({"a": {kind: "1111"}} for kind in ("S", "N", "B")),
        *({"a": {kind: ["1111"]}} for kind in ("SS", "NS", "BS")),
        *({"a": {"L": [{kind: "1111"}]}} for kind in ("S", "N", "B")),
        {}, {"a": {"S": ""}}, {"a": {"B": ""}}, {"a": {"NULL": True}}, {"a": {"BOOL": True}},
        {"a": {"BOOL": False}}, {"a": {"S": "true"}}, {"a": {"M": {}}}, {"a": {"L": []}},
        {"a": {"L": a}}, {"a": {"L": a * 2}}, {"a": {"M": {"a": {"S": "a"}}}}, {"a": {"L": [{"L": a}]}},
        {"a": {"L": [{"S": "a"}, {"S": "b"}]}}, {"a": {"L": [{"S": "b"}, {"S": "a"}]}},
        {"a": {"SS": ["ab", "c"]}}, {"a": {"SS": ["a", "bc"]}}, {"a": {"SS": ["a", "b"]}},
        {"a": {"N": "0"}}, {"a": {"N": "-1"}}, {"a": {"N": "1"}}, {"a": {"N": "10"}}, {"a": {"N": "0.1"}},
        {"b": {"S": ""}}, {"a": {"S": ""}, "b": {"S": ""}}, {"a": {"S": "\0"}}, {"a": {"B": "AA=="}},
    ]  # fmt: skip
    assert len({value_digest(json.dumps(body).encode()) for body in bodies}) == len(bodies)


def test_an_invalid_attribute_value_equals_only_itself() -> None:
    odd: List[Any] = [
        *({"N": text} for text in ("abc", "1_0", " 10", "NaN", "Infinity", ".", "", "10", "1E")),
        {"N": "\u0663"}, {"N": "3"},
        *({"N": f"1E{power}"} for power in (9999, 10**9, 10**19, 10**30)),
        *({"B": text} for text in ("!", "Q!Q==", "QQ==QQ==", "\u00e9", "A", "AA-_", "AA", 5, None)),
        {"N": 10**30}, {"N": 1}, {"N": None},
        {"NS": ["x"]}, {"NS": "12"}, {"NS": ["1", "2"]}, {"NS": {"1": 1, "2": 2}},
        {"SS": "ab"}, {"SS": ["a", "b"]}, {"SS": {"a": 1, "b": 1}}, {"SS": ["a", 1]}, {"BS": ["QQ==", 1]},
        {"L": "ab"}, {"L": {}}, {"L": []}, {"L": None}, {"M": []}, {"M": {}}, {"M": "x"}, {"M": {"a": 5}},
        {"L": ["x", {"N": "1"}]}, {"L": [["N"]]}, {"X": "1"}, {}, {"N": "10", "S": "x"}, None,
        "text", "N", [], ["N"],
    ]  # fmt: skip
    assert len({digest(a=value) for value in odd}) == len(odd)


def test_a_malformed_value_does_not_keep_its_neighbours_from_being_compared() -> None:
    one = digest(a={"M": {"x": {"N": 5}, "y": {"N": "1.0"}}}, b={"NS": ["2.0", "1"]})
    assert one == digest(b={"NS": ["1", "2"]}, a={"M": {"y": {"N": "1"}, "x": {"N": 5}}})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"5",
        b'{"a":',
        b'{"a":{"S":"secret\xff"}}',
        b'{"a":{"S":"secret\\ud800"}}',
    ],
)
def test_an_invalid_item_is_refused_and_its_contents_are_not_shown(body: bytes) -> None:
    with pytest.raises(TerminalError, match="not valid DynamoDB JSON") as raised:
        value_digest(body)
    assert "secret" not in str(raised.value)


def test_32_levels_as_deep_as_dynamodb_goes_are_compared_to_the_bottom() -> None:
    def nested(number: str) -> Value:
        value: Value = {"N": number}
        for level in range(32):
            value = {"M": {"x": value}} if level % 2 else {"L": [value]}
        return value

    assert digest(a=nested("1.0")) == digest(a=nested("1"))
    assert digest(a=nested("1")) != digest(a=nested("2"))


EVERY_TYPE = {
    "S": {"S": "d\u00fcnn \U0001f600"},
    "N": {"N": "-12.50"},
    "B": {"B": base64.b64encode(bytes(range(20))).decode()},
    "BOOL": {"BOOL": False},
    "NULL": {"NULL": True},
    "SS": {"SS": ["b", "a"]},
    "NS": {"NS": ["10", "9", "1E2"]},
    "BS": {"BS": ["Qg==", "QQ=="]},
    "L": {"L": [{"N": "1"}, {"S": ""}]},
    "M": {"M": {"x": {"N": "0.0"}, "a": {"L": []}}},
}


def test_the_digest_is_the_same_in_every_release_and_on_every_python() -> None:
    """Otherwise a savepoint of the check could not be resumed after an upgrade."""
    assert digest(**EVERY_TYPE).hex() == "298365cab125a362"


def test_the_digest_does_not_depend_on_the_process() -> None:
    program = f"from connectors.model.canonical import *; print(value_digest({plain(EVERY_TYPE)!r}).hex())"
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert found == {digest(**EVERY_TYPE).hex()}


@pytest.mark.parametrize("kind", ["NS", "SS", "BS"])
def test_a_set_that_names_a_member_twice_is_not_the_set_that_names_it_once(kind: str) -> None:
    """No such set is valid: the side that shows it is damaged."""
    once = {"NS": '["1","2"]', "SS": '["a","b"]', "BS": '["AAE=","AAI="]'}[kind]
    twice = {"NS": '["1","1.0","2"]', "SS": '["a","a","b"]', "BS": '["AAE=","AAE","AAI="]'}[kind]
    forms = {canonical(f'{{"v":{{"{kind}":{members}}}}}'.encode()) for members in (once, twice)}
    assert len(forms) == 2
