import base64
import random
from decimal import Decimal
from typing import Any, Dict

from hypothesis import example, given
from hypothesis import strategies as st

from local.verify.canonical import binary_form, canonical, digest, key_form, number_form

DIGITS = st.integers(-(10**38) + 1, 10**38 - 1)
EXPONENTS = st.integers(-130, 87)
WRITINGS = st.from_regex(r"[+-]?[0-9]{1,20}(\.[0-9]{0,20})?([eE][+-]?[0-9]{1,2})?", fullmatch=True)

scalars = st.one_of(
    st.builds(lambda text: {"S": text}, st.text(max_size=8)),
    st.builds(lambda digits, power: {"N": f"{digits}E{power}"}, DIGITS, EXPONENTS),
    st.builds(lambda raw: {"B": base64.b64encode(raw).decode()}, st.binary(max_size=8)),
    st.builds(lambda flag: {"BOOL": flag}, st.booleans()),
    st.just({"NULL": True}),
    st.builds(lambda texts: {"SS": texts}, st.lists(st.text(max_size=4), min_size=1, unique=True)),
    st.builds(
        lambda numbers: {"NS": [str(one) for one in numbers]}, st.lists(DIGITS, min_size=1, unique=True)
    ),
    st.builds(
        lambda raws: {"BS": [base64.b64encode(raw).decode() for raw in raws]},
        st.lists(st.binary(max_size=4), min_size=1, unique=True),
    ),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.builds(lambda members: {"L": members}, st.lists(inner, max_size=3)),
        st.builds(lambda members: {"M": members}, st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    ),
    max_leaves=8,
)
items = st.dictionaries(st.text(min_size=1, max_size=5), values, min_size=1, max_size=4)


def another_writing_of_number(text: str, rng: random.Random) -> str:
    value = Decimal(text)
    shift = rng.randrange(4)
    sign, digits, power = value.as_tuple()
    assert isinstance(power, int)
    plain = "".join(map(str, digits)) + "0" * shift
    point = rng.randrange(len(plain) + 1)
    mantissa = f"{plain[:point] or '0'}.{plain[point:]}" if rng.random() < 0.7 else plain
    moved = power - shift + (len(plain) - point if "." in mantissa else 0)
    return f"{'-' if sign else ''}{mantissa}{rng.choice('eE')}{moved:+d}"


def another_writing(value: Any, rng: random.Random) -> Any:
    """The same value in another notation that a server could return."""
    ((kind, content),) = value.items()
    if kind == "N":
        return {kind: another_writing_of_number(content, rng)}
    if kind == "NS":
        content = [another_writing_of_number(each, rng) for each in content]
    if kind in ("SS", "NS", "BS"):
        return {kind: rng.sample(content, len(content))}
    if kind == "L":
        return {kind: [another_writing(each, rng) for each in content]}
    if kind == "M":
        return {kind: shuffled(content, rng)}
    return value


def shuffled(members: Dict[str, Any], rng: random.Random) -> Dict[str, Any]:
    return {name: another_writing(members[name], rng) for name in rng.sample(sorted(members), len(members))}


def changed(value: Any) -> Any:
    """A different value that a careless conversion could treat as equal."""
    ((kind, content),) = value.items()
    if kind == "S":
        return {"N": content} if content.isdigit() else {"S": content + " "}
    if kind == "N":
        sign, digits, power = Decimal(content).as_tuple()
        last = (digits[-1] + 1) % 10
        return {"N": f"{'-' if sign else ''}{''.join(map(str, digits[:-1]))}{last}E{power}"}
    if kind == "B":
        return {"B": base64.b64encode(base64.b64decode(content) + b"\0").decode()}
    if kind == "BOOL":
        return {"BOOL": not content}
    if kind == "NULL":
        return {"BOOL": True}
    if kind in ("SS", "NS", "BS"):
        return {"L": [{kind[0]: each} for each in content]}
    if kind == "L":
        return {"L": [*content, {"NULL": True}]}
    return {"M": {**content, "more": {"S": ""}}}


@given(items, st.randoms(use_true_random=False))
def test_an_item_equals_itself_in_any_other_notation(item: Dict[str, Any], rng: random.Random) -> None:
    assert digest(shuffled(item, rng)) == digest(item)


@given(items, st.data())
def test_an_item_with_one_changed_value_is_different(item: Dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(item)))
    assert digest({**item, name: changed(item[name])}) != digest(item)


@given(items, st.data())
def test_an_item_with_one_attribute_less_is_different(item: Dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(item)))
    assert digest({each: item[each] for each in item if each != name}) != digest(item)


@given(WRITINGS, WRITINGS)
@example("1", "1.0")
@example("1", "1E0")
@example("0", "-0.000E5")
@example("12345678901234567890123456789012345678", "12345678901234567890123456789012345679")
@example("9007199254740993", "9007199254740992")
@example("0.1", "0.1000000000000000055511151231257827021181583404541015625")
def test_numbers_are_equal_exactly_when_their_decimals_are(one: str, other: str) -> None:
    assert (number_form(one) == number_form(other)) == (Decimal(one) == Decimal(other))


@given(WRITINGS)
def test_a_canonical_number_is_a_notation_of_the_same_number(text: str) -> None:
    assert Decimal(number_form(text)) == Decimal(text)
    assert number_form(number_form(text)) == number_form(text)


def test_a_digit_changed_at_the_38th_place_makes_a_difference() -> None:
    assert digest({"a": {"N": "1." + "0" * 36 + "1"}}) != digest({"a": {"N": "1." + "0" * 36 + "2"}})


def test_the_order_of_a_list_matters_and_that_of_a_set_does_not() -> None:
    one, two = {"S": "1"}, {"S": "2"}
    assert digest({"a": {"L": [one, two]}}) != digest({"a": {"L": [two, one]}})
    assert digest({"a": {"NS": ["1", "2"]}}) == digest({"a": {"NS": ["2.0", "1E0"]}})
    assert digest({"a": {"NS": ["1"]}}) != digest({"a": {"NS": ["1", "1.0"]}})


def test_values_of_different_types_are_different() -> None:
    writings = [{kind: "1111"} for kind in "SNB"] + [{f"{kind}S": ["1111"]} for kind in "SNB"]
    assert len({digest({"a": value}) for value in writings}) == 6


def test_binaries_are_compared_by_their_bytes() -> None:
    assert binary_form("QR==") == binary_form("QQ==") == "QQ=="
    assert binary_form("QUI=") != binary_form("QUE=")
    assert [binary_form(odd) for odd in ("!", "QQ", "Q!Q==", "QQ==QQ==", "é")] == [
        "!", "QQ", "Q!Q==", "QQ==QQ==", "é",
    ]  # fmt: skip


def test_numbers_with_huge_exponents_stay_short() -> None:
    assert number_form("1E999999999") == number_form("10e+999999998") == "1E999999999"


def test_an_invalid_attribute_value_equals_only_itself() -> None:
    numbers = [{"N": text} for text in ("abc", "1_0", " 10", "NaN", ".", "", "10")]
    kinds = [{"N": 1}, {"NS": ["x"]}, {"SS": "ab"}, {"L": "ab"}, {"M": []}, {"X": "1"}, {"B": 5}]
    odd = [*numbers, *kinds, {}, {"N": "10", "S": "x"}, None, "text"]
    assert len({canonical({"a": value}) for value in odd}) == len(odd)


def test_an_absent_attribute_is_not_a_null_one() -> None:
    assert digest({"k": {"S": "1"}}) != digest({"k": {"S": "1"}, "a": {"NULL": True}})


def test_an_item_without_its_key_has_a_key_that_no_other_has() -> None:
    assert key_form({"x": {"S": "1"}}, ["h"]) == b'{"h":null}'


def test_a_key_has_one_canonical_form_which_is_a_key_too() -> None:
    one = {"h": {"N": "1.50"}, "r": {"B": "QR=="}, "x": {"S": "1"}}
    other = {"x": {"S": "2"}, "r": {"B": "QQ=="}, "h": {"N": "15E-1"}}
    assert key_form(one, ["h", "r"]) == key_form(other, ["h", "r"]) == b'{"h":{"N":"1.5"},"r":{"B":"QQ=="}}'
