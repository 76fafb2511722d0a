from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.text import timestamp
from connectors.check.report.difference import AttributePair, Difference, DifferenceKind, decode, encode
from tests.fakes.differences import HOSTILE, difference, raw

texts = st.text() | st.sampled_from(HOSTILE)
values = st.recursive(
    texts.map(lambda text: {"S": text}) | st.integers().map(lambda number: {"N": str(number)}),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda some: {"L": some})
        | st.dictionaries(texts, inner, max_size=3).map(lambda some: {"M": some})
    ),
    max_leaves=5,
)
items = st.dictionaries(texts, values, max_size=3)
# As a server may send them: with white space of any kind between the tokens.
bodies = st.builds(
    lambda body, indent, end: msgspec.Raw(
        json.dumps(body, indent=indent, ensure_ascii=False).replace("\n", end).encode()
    ),
    items | st.none(),
    st.none() | st.integers(0, 2),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
differences = st.builds(
    Difference,
    table=texts,
    key=bodies,
    kind=st.sampled_from(DifferenceKind),
    attributes=st.dictionaries(texts, st.builds(AttributePair, bodies, bodies), max_size=3),
    source=bodies,
    target=bodies,
    first_seen=st.integers(0, 2**33).map(timestamp),
    last_seen=st.integers(0, 2**33).map(timestamp),
    changing=st.booleans(),
    repaired=st.booleans(),
)


@given(differences)
def test_any_difference_is_one_line_and_is_read_back_unchanged(given: Difference) -> None:
    line = encode(given)
    assert line.endswith(b"\n")
    assert not {b"\n", b"\r"} & {bytes([byte]) for byte in line[:-1]}
    back = decode(line)
    assert _plain(back) == _plain(given)
    assert encode(back) == line


def _plain(difference: Difference) -> object:
    return json.loads(msgspec.json.encode(difference))


def test_the_digits_of_a_number_are_unchanged() -> None:
    digits = "1.00000000000000000000000000000000000010"
    made = difference(DifferenceKind.DIFFERENT, attributes={"n": ({"N": digits}, {"N": "1E0"})})
    assert digits.encode() in encode(made)
    assert b"1E0" in encode(made)


def test_a_line_names_table_key_kind_attributes_both_values_and_times() -> None:
    made = difference(
        DifferenceKind.DIFFERENT, "orders", {"pid": {"S": "a"}}, attributes={"n": ({"N": "1"}, None)}
    )
    assert json.loads(encode(made)) == {
        "table": "orders",
        "key": {"pid": {"S": "a"}},
        "kind": "different",
        "attributes": {"n": {"source": {"N": "1"}, "target": None}},
        "first_seen": "1970-01-01T00:00:00Z",
        "last_seen": "1970-01-01T00:01:00Z",
        "changing": False,
    }


def test_a_missing_item_is_whole_and_only_under_source() -> None:
    item = {"pid": {"S": "a"}, "v": {"N": "1"}}
    line = json.loads(encode(difference(DifferenceKind.MISSING, item=item)))
    assert line["source"] == item
    assert "target" not in line


def test_a_value_of_400_kilobytes_stays_whole() -> None:
    long = "x" * 400_000
    assert decode(encode(difference(DifferenceKind.EXTRA, item={"v": {"S": long}}))).target == raw(
        {"v": {"S": long}}
    )


@pytest.mark.parametrize(
    "line", [b"", b"{}", b'{"table":"t","key":{}', b'{"table":"t","key":{},"kind":"odd"}']
)
def test_a_line_that_is_not_a_difference_is_refused(line: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(line)
