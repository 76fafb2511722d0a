from __future__ import annotations

import base64
import json
from decimal import Context, Decimal
from typing import Any, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base.errors import TerminalError
from connectors.model.keys import KeyAttribute, KeyReader, KeySchema, canonical, schema_of

NUMBERS = st.builds(
    lambda digits, exponent, minus: Decimal((int(minus), tuple(map(int, str(digits))), exponent)),
    st.integers(0, 10**38 - 1),
    st.integers(-130, 87),
    st.booleans(),
)
EXACT = Context(prec=200)


@st.composite
def writings(draw: st.DrawFn) -> Tuple[Decimal, str]:
    """A number in one of its notations: plain, with an exponent, with leading and trailing zeros."""
    number = draw(NUMBERS)
    shift = draw(st.integers(-20, 20))
    text = draw(
        st.sampled_from(
            [
                str(number),
                format(number, "f"),
                format(number, "E"),
                f"{format(number.scaleb(shift, EXACT), 'f')}E{-shift}",
            ]
        )
    )
    if "E" not in text and "e" not in text:
        text += ("" if "." in text else ".") + "0" * draw(st.integers(0, 3))
    if draw(st.booleans()):
        sign = "-" if text.startswith("-") else ""
        text = sign + "0" * draw(st.integers(0, 3)) + text.lstrip("-")
    return number, text


@settings(deadline=None)
@given(writings(), writings())
def test_two_numbers_have_the_same_form_exactly_when_they_are_equal(
    one: Tuple[Decimal, str], other: Tuple[Decimal, str]
) -> None:
    assert Decimal(one[1]) == one[0]
    assert canonical("N", one[1]) == canonical("N", str(one[0]))
    assert (canonical("N", one[1]) == canonical("N", other[1])) == (one[0] == other[0])


@pytest.mark.parametrize("text", ["0", "-0", "0.00", "0E5", "-0.0E-10", "00"])
def test_there_is_one_zero(text: str) -> None:
    assert canonical("N", text) == b"0"


@pytest.mark.parametrize("text", ["100", "1E2", "1e+2", "100.0", "0100", "+100", "10E1"])
def test_every_notation_of_a_hundred_is_the_same_key(text: str) -> None:
    assert canonical("N", text) == b"100"


def test_numbers_of_38_digits_keep_every_digit() -> None:
    digits = "12345678901234567890123456789012345678"
    assert canonical("N", digits) != canonical("N", digits[:-1] + "9")
    assert canonical("N", f"0.{digits}") == f"0.{digits}".encode()


HASH = KeySchema(KeyAttribute("pk", "S"))
BOTH = KeySchema(KeyAttribute("pk", "S"), KeyAttribute("sk", "S"))
TEXT = st.text(st.characters(blacklist_categories=["Cs"]))


def item(**attributes: Any) -> bytes:
    return json.dumps({**attributes, "more": {"M": {"pk": {"S": "not the key"}}}}).encode()


@settings(deadline=None)
@given(TEXT, writings(), st.binary(max_size=9), st.sampled_from("SNB"), st.sampled_from(["", *"SNB"]))
def test_a_decoded_item_has_the_same_key_name(
    text: str, number: Tuple[Decimal, str], content: bytes, partition: str, sort: str
) -> None:
    values = {"S": text, "N": number[1], "B": base64.b64encode(content).decode()}
    schema = KeySchema(KeyAttribute("pk", partition), KeyAttribute("sk", sort) if sort else None)
    body = item(sk={sort or "S": values[sort or "S"]}, pk={partition: values[partition]})
    reader = KeyReader("t", schema)
    assert reader.digest_of(json.loads(body)) == reader.digest(body)


@settings(deadline=None)
@given(TEXT, st.booleans())
def test_a_string_is_its_text_however_it_is_escaped(text: str, ascii_only: bool) -> None:
    body = json.dumps({"x": {"N": "1"}, "pk": {"S": text}}, ensure_ascii=ascii_only).encode()
    reader = KeyReader("t", HASH)
    assert reader.values(body) == (text,)
    assert json.loads(reader.key_json(body)) == {"pk": {"S": text}}
    assert reader.digest(body) == reader.digest(reader.key_json(body))


@settings(deadline=None)
@given(TEXT, TEXT, TEXT, TEXT)
def test_two_pairs_of_keys_have_one_name_only_when_both_are_equal(a: str, b: str, c: str, d: str) -> None:
    reader = KeyReader("t", BOTH)
    one, other = (item(pk={"S": p}, sk={"S": s}) for p, s in ((a, b), (c, d)))
    assert (reader.digest(one) == reader.digest(other)) == ((a, b) == (c, d))


@settings(deadline=None)
@given(st.binary(min_size=1), st.binary(min_size=1))
def test_binary_keys_differ_by_their_bytes(one: bytes, other: bytes) -> None:
    reader = KeyReader("t", KeySchema(KeyAttribute("pk", "B"), KeyAttribute("sk", "N")))
    digests = [
        reader.digest(item(pk={"B": base64.b64encode(value).decode()}, sk={"N": number}))
        for value, number in ((one, "1.0"), (other, "1"))
    ]
    assert (digests[0] == digests[1]) == (one == other)


def test_the_same_key_has_one_name_whatever_else_the_item_holds_and_in_whatever_order() -> None:
    reader = KeyReader("t", BOTH)
    one = b'{"sk":{"S":"2"},"a":{"L":[]},"pk":{"S":"1"}}'
    assert reader.digest(one) == reader.digest(b' { "pk": {"S": "1"},\n "sk": {"S": "2"} }')


@pytest.mark.parametrize("names", [("k1", "k0"), ("a.b", "#"), ("", "size")])
def test_odd_attribute_names_are_read(names: Tuple[str, str]) -> None:
    schema = KeySchema(KeyAttribute(names[0], "S"), KeyAttribute(names[1], "S"))
    body = json.dumps({names[1]: {"S": "sort"}, names[0]: {"S": "hash"}}).encode()
    assert KeyReader("t", schema).values(body) == ("hash", "sort")


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"pk": {"N": "1"}}',
        b'{"pk": {"S": 5}}',
        b'{"pk": "1"}',
        b'{"pk": {"S"',
        b'{"pk": {"S": "5\xff"}}',
    ],
)
def test_an_item_without_its_key_is_refused_by_name_and_without_its_contents(body: bytes) -> None:
    with pytest.raises(TerminalError, match=r"table t: .* \['pk'\]") as raised:
        KeyReader("t", HASH).digest(body)
    assert "5" not in str(raised.value)


def test_the_schema_is_read_from_a_description_in_any_order() -> None:
    description = {
        "AttributeDefinitions": [
            {"AttributeName": "of an index", "AttributeType": "B"},
            {"AttributeName": "s", "AttributeType": "N"},
            {"AttributeName": "h", "AttributeType": "S"},
        ],
        "KeySchema": [
            {"AttributeName": "s", "KeyType": "RANGE"},
            {"AttributeName": "h", "KeyType": "HASH"},
        ],
    }
    assert schema_of(description) == KeySchema(KeyAttribute("h", "S"), KeyAttribute("s", "N"))
    description["KeySchema"].pop(0)
    assert schema_of(description) == KeySchema(KeyAttribute("h", "S"))


@pytest.mark.parametrize("text", ["QUI=", "QUI", "QU I=", "QUI=\n"])
def test_a_binary_key_is_its_bytes_in_whatever_spelling_of_base64(text: str) -> None:
    assert canonical("B", text) == b"QUI="


def test_a_binary_key_that_is_not_base64_equals_only_itself() -> None:
    assert canonical("B", "Q!") == b"Q!"


ODD_NAMES = ['a"b', "a\\b", "a\nb", "a\x00b", "\x1f", '"', "é", "a b", "#", "k0", "v"]


@pytest.mark.parametrize("sort", [None, *ODD_NAMES[:4]])
@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_key_attribute_may_have_any_name(name: str, sort: Any) -> None:
    """msgspec takes none with a quote, a backslash or a control character as the name of a field; a bare
    ValueError stopped the job with all its tables."""
    if name == sort:
        return
    reader = KeyReader("T", KeySchema(KeyAttribute(name, "S"), KeyAttribute(sort, "N") if sort else None))
    key = {name: {"S": "1"}, **({sort: {"N": "2.0"}} if sort else {})}
    item = json.dumps({**key, "more": {"L": [{"S": "x"}]}, "v": {"S": "1"}} if name != "v" else key).encode()
    assert reader.values(item) == (("1", "2.0") if sort else ("1",))
    assert reader.digest(item) == reader.digest_of(json.loads(item))
    assert json.loads(reader.key_json(item)) == key


def test_an_item_without_a_key_attribute_of_an_odd_name_is_named_like_any_other() -> None:
    reader = KeyReader("T", KeySchema(KeyAttribute('a"b', "S"), None))
    for item in (b"{}", b'{"a\\"b":{"N":"1"}}', b'{"a\\"b":{"S":1}}', b"[]", b'{"a\\"b"'):
        with pytest.raises(TerminalError, match="does not have the table's key attributes"):
            reader.values(item)


def test_an_odd_name_and_deep_nesting_go_together() -> None:
    reader = KeyReader("T", KeySchema(KeyAttribute('a"b', "S"), None))
    deep = b'{"a\\"b":{"S":"x"},"d":%b}' % (b'{"L":[' * 2000 + b"]}" * 2000)
    assert reader.values(deep) == ("x",)
