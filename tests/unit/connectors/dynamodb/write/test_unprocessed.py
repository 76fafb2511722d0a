from __future__ import annotations

import json
from typing import Any, Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.dynamodb.answers import DamagedError
from connectors.dynamodb.write.unprocessed import left_over
from connectors.model.writes import Write

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=3).map("{:f}".format)
SCALARS = st.one_of(
    st.fixed_dictionaries({"S": st.text(max_size=5)}),
    st.fixed_dictionaries({"N": NUMBERS}),
    st.fixed_dictionaries({"B": st.just("AAE=")}),
    st.fixed_dictionaries({"BOOL": st.booleans()}),
    st.fixed_dictionaries({"NULL": st.just(True)}),
    st.fixed_dictionaries({"SS": st.lists(st.text(max_size=3), min_size=1, unique=True, max_size=4)}),
    st.fixed_dictionaries({"NS": st.lists(st.integers().map(str), min_size=1, unique=True, max_size=4)}),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.fixed_dictionaries({"L": st.lists(inner, max_size=3)})
        | st.fixed_dictionaries({"M": st.dictionaries(st.sampled_from(["N", "M", "a.b"]), inner, max_size=3)})
    ),
    max_leaves=6,
)


def respelled(value: Any) -> Any:
    """The same attributes in another notation that a service could use."""
    ((kind, content),) = value.items()
    if kind == "N":
        return {"N": f"{content}00" if "." in content else f"{content}.0"}
    if kind in ("SS", "NS"):
        return {kind: list(reversed(content))}
    if kind == "L":
        return {"L": [respelled(element) for element in content]}
    if kind == "M":
        return {"M": respelled_item(content)}
    return value


def respelled_item(item: Dict[str, Any]) -> Dict[str, Any]:
    return {name: respelled(value) for name, value in reversed(list(item.items()))}


def entry(write: Write) -> Any:
    item = respelled_item(json.loads(write.body))
    return {"DeleteRequest": {"Key": item}} if write.delete else {"PutRequest": {"Item": item}}


@given(st.lists(st.tuples(VALUES, st.booleans(), st.booleans()), min_size=1, max_size=25))
def test_whatever_the_spelling_exactly_the_writes_left_over_are_found(drawn: List[Any]) -> None:
    request = tuple(
        Write("T", json.dumps({"id": {"N": str(number)}, "v": value}).encode(), delete, "")
        for number, (value, delete, _) in enumerate(drawn)
    )
    left = [write for write, (_, _, is_left) in zip(request, drawn) if is_left]
    body = json.dumps({"UnprocessedItems": {"T": [entry(write) for write in left]} if left else {}}).encode()
    found = left_over(request, body)
    assert found is not None
    assert sorted(found) == sorted(left)


REQUEST = (Write("T", b'{"id":{"N":"1"}}', False, ""), Write("T", b'{"id":{"N":"2"}}', False, ""))


@pytest.mark.parametrize(
    "body",
    [
        b'{"UnprocessedItems":{}}',
        b'{"UnprocessedItems": {}}',
        b'{"UnprocessedItems":null}',
        b'{"UnprocessedItems":{"T":[]}}',
    ],
)
def test_nothing_unprocessed_has_many_notations(body: bytes) -> None:
    assert left_over(REQUEST, body) == ()


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"null",
        b"[]",
        b"<html>",
        b'{"message":"try again"}',
        b'{"__type":"com.amazonaws#InternalServerError"}',
        b'{"UnprocessedItems":{},"__type":"InternalServerError"}',
        b'{"UnprocessedItems":[]}',
        b'{"UnprocessedItems":{"T":{}}}',
        b'{"UnprocessedItems":{}',
        b'{"UnprocessedItems":{}}{"UnprocessedItems":{}}',
    ],
)
def test_an_invalid_answer_of_batch_write_item_never_counts_as_written(body: bytes) -> None:
    with pytest.raises(DamagedError, match="BatchWriteItem"):
        left_over(REQUEST, body)


@pytest.mark.parametrize(
    "listed",
    [
        '{"PutRequest":{"Item":{"id":{"N":"3"}}}}',
        '{"DeleteRequest":{"Key":{"id":{"N":"1"}}}}',
        '{"PutRequest":{"Item":{"id":{"N":"nonsense"}}}}',
        '{"PutRequest":{"Item":{"id":{}}}}',
        '{"PutRequest":{"Item":[]}}',
        "{}",
    ],
)
def test_an_unprocessed_item_that_is_not_one_of_the_writes_makes_all_of_them_suspect(listed: str) -> None:
    assert left_over(REQUEST, f'{{"UnprocessedItems":{{"T":[{listed}]}}}}'.encode()) is None


def test_a_request_left_over_as_a_whole_needs_no_comparing() -> None:
    body = b'{"UnprocessedItems":{"T":[{"PutRequest":{"Item":{}}},{"PutRequest":{"Item":{}}}]}}'
    assert left_over(REQUEST, body) == REQUEST


def test_a_leftover_that_is_listed_twice_makes_all_suspect() -> None:
    """It is unknown which other one is meant; none of them may count as written."""
    three = (*REQUEST, Write("T", b'{"id":{"N":"3"}}', False, ""))
    one = '{"PutRequest":{"Item":{"id":{"N":"1.0"}}}}'
    assert left_over(three, f'{{"UnprocessedItems":{{"T":[{one},{one}]}}}}'.encode()) is None


LONG = "1." + "0" * 35


def test_keys_that_differ_in_the_last_of_38_digits_are_two_keys() -> None:
    """As floats they are equal: the wrong one would be sent again, and the other count as written."""
    request = tuple(Write("T", f'{{"id":{{"N":"{LONG}{end}"}}}}'.encode(), False, "") for end in (1, 2, 3))
    for write in request:
        body = f'{{"UnprocessedItems":{{"T":[{{"PutRequest":{{"Item":{write.body.decode()}}}}}]}}}}'
        assert left_over(request, body.encode()) == (write,)
