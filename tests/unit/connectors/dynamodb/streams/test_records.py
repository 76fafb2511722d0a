from __future__ import annotations

import json
from typing import Any, Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.errors import TerminalError, TransientError
from connectors.dynamodb.answers import DamagedError
from connectors.dynamodb.streams.records import decode


def record(event: str, **data: object) -> Dict[str, Any]:
    base: Dict[str, Any] = {"Keys": {"pk": {"S": "k"}}, "SequenceNumber": "5", "SizeBytes": 1}
    base.update({"ApproximateCreationDateTime": 1700000000, "StreamViewType": "KEYS_ONLY"}, **data)
    return {"eventName": event, "eventID": "x", "awsRegion": "r", "dynamodb": base}


def body(*records: Dict[str, Any], following: Any = "next") -> bytes:
    return json.dumps({"Records": records, "NextShardIterator": following}).encode()


def test_the_new_image_passes_through_byte_for_byte() -> None:
    image = (
        '{ "pk":{"S":"k"}, "n" : {"N":"12345678901234567890123456789012345678.50"},"\\u00e9":{"B":"AA=="} }'
    )
    raw = body(record("MODIFY", NewImage="HERE")).replace(b'"HERE"', image.encode())
    (change,) = decode(raw, "orders").changes
    assert change.body == image.encode()
    assert not change.delete
    assert change.created == 1700000000.0


def test_a_removal_is_a_delete_of_its_keys_whoever_removed_it() -> None:
    expired = record("REMOVE", OldImage={"pk": {"S": "k"}, "v": {"N": "1"}})
    expired["userIdentity"] = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
    (change,) = decode(body(expired), "orders").changes
    assert change.delete
    assert json.loads(change.body) == {"pk": {"S": "k"}}
    assert change.body == change.keys


def test_insert_remove_insert_of_one_key_keep_their_order() -> None:
    image = {"pk": {"S": "k"}}
    page = decode(
        body(
            record("INSERT", NewImage=image, SequenceNumber="9"),
            record("REMOVE", SequenceNumber="10"),
            record("INSERT", NewImage=image, SequenceNumber="11"),
        ),
        "orders",
    )
    assert [(change.sequence, change.delete) for change in page.changes] == [
        ("9", False),
        ("10", True),
        ("11", False),
    ]


@pytest.mark.parametrize("answer", [b'{"Records": []}', b'{"Records": [], "NextShardIterator": null}'])
def test_an_absent_or_null_next_iterator_is_the_end(answer: bytes) -> None:
    assert decode(answer, "orders").next_iterator is None


@pytest.mark.parametrize("event", ["INSERT", "MODIFY"])
def test_a_change_without_its_new_image_names_table_and_view(event: str) -> None:
    with pytest.raises(TerminalError, match=r"orders.*KEYS_ONLY.*NEW_IMAGE or NEW_AND_OLD_IMAGES"):
        decode(body(record(event)), "orders")


def test_an_event_nobody_knows_is_refused() -> None:
    with pytest.raises(TerminalError, match="unknown event MERGE"):
        decode(body(record("MERGE", NewImage={})), "orders")


@pytest.mark.parametrize(
    "answer",
    [
        b"{}",
        b"null",
        b"<html>",
        b'{"message":"x"}',
        b'{"__type":"InternalServerError"}',
        b'{"Records":[],"__type":"InternalServerError"}',
        b'{"NextShardIterator":"x"}',
        b'{"Records":null,"NextShardIterator":"x"}',
        b'{"Records":{},"NextShardIterator":"x"}',
        b'{"Records":[{"hello": 1}],"NextShardIterator":"x"}',
        b'{"Records":[],"NextShardIterator":""}',
        b'{"Records":[],"NextShardIterator":7}',
    ],
)
def test_what_is_not_an_answer_is_a_fault_that_passes_and_never_the_end_of_a_shard(answer: bytes) -> None:
    with pytest.raises(DamagedError, match="orders"):
        decode(answer, "orders")


@pytest.mark.parametrize("number", ["", "x", "-1", "1.0", "\u00b2", "9" * 41, 5, None])
def test_a_record_without_a_sequence_number_is_a_fault(number: object) -> None:
    with pytest.raises(DamagedError):
        decode(body(record("REMOVE", SequenceNumber=number)), "orders")


def test_an_image_nested_six_hundred_levels_deep_comes_through_as_it_is() -> None:
    deep = b'{"pk":{"S":"k"},"a":%b}' % (b'{"M":{"]":' * 600 + b'{"S":"["}' + b"}}" * 600)
    answer = body(record("INSERT", NewImage="HERE"), record("REMOVE")).replace(b'"HERE"', deep)
    first, second = decode(answer, "orders").changes
    assert first.body == deep
    assert second.body == b'{"pk": {"S": "k"}}'


@given(st.data())
def test_a_cut_body_is_transient(data: st.DataObject) -> None:
    whole = body(record("INSERT", NewImage={"pk": {"S": "k"}}))
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(TransientError):
        decode(whole[:cut], "orders")
