from __future__ import annotations

import json
from typing import List

import pytest

from connectors.base.errors import TransientError
from connectors.dynamodb.answers import TRIES, DamagedError
from connectors.dynamodb.get import ROUNDS
from connectors.dynamodb.scan.request import read_page
from connectors.dynamodb.scan.sweep import Sweep
from connectors.model.keys import KeyAttribute, KeyReader, KeySchema
from tests.fakes.clock import FakeClock
from tests.fakes.scan import FakeScan, Item

KEYS = KeyReader("t", KeySchema(KeyAttribute("pk", "S"), KeyAttribute("sk", "N")))


def items(first: int, count: int) -> List[Item]:
    return [{"pk": {"S": "p"}, "sk": {"N": str(n)}, "v": {"S": "x"}} for n in range(first, first + count)]


class Rig:
    def __init__(self, source: List[Item]) -> None:
        self.source, self.clock = FakeScan(), FakeClock()
        self.source.tables["t"] = source
        self.sweep = Sweep(KEYS, self.source, self.clock.sleep)

    def swept(self, target: List[Item]) -> List[bytes]:
        return self.sweep.missing(read_page(json.dumps({"Items": target}).encode(), "t"))


def numbers(keys: List[bytes]) -> List[int]:
    assert all(set(json.loads(key)) == {"pk", "sk"} for key in keys)
    return sorted(int(json.loads(key)["sk"]["N"]) for key in keys)


def test_what_the_source_no_longer_has_is_deleted_by_its_key() -> None:
    assert numbers(Rig(items(0, 5)).swept(items(3, 5))) == [5, 6, 7]


def test_an_empty_page_asks_nothing() -> None:
    rig = Rig([])
    assert rig.swept([]) == []
    assert rig.source.requests == []


def test_a_page_of_over_a_hundred_keys_is_asked_for_in_parts() -> None:
    rig = Rig(items(0, 240))
    assert numbers(rig.swept(items(10, 250))) == list(range(240, 260))
    assert [len(request["RequestItems"]["t"]["Keys"]) for _, request in rig.source.requests] == [100, 100, 50]


def test_unprocessed_keys_are_requested_again_and_never_count_as_missing() -> None:
    rig = Rig(items(0, 50))
    rig.source.unprocessed.extend([50, 49, 20, 0])
    assert numbers(rig.swept(items(0, 60))) == list(range(50, 60))
    assert len(rig.source.requests) == 4


def test_a_source_that_never_answers_is_named_and_nothing_is_deleted() -> None:
    rig = Rig(items(0, 2))
    rig.source.unprocessed.extend([1] * (ROUNDS + 1))
    with pytest.raises(TransientError, match="table t: BatchGetItem leaves 1 keys unprocessed"):
        rig.swept(items(0, 2))


def test_a_number_written_in_another_way_is_the_same_key() -> None:
    rig = Rig([{"pk": {"S": "p"}, "sk": {"N": "100"}}])
    found = {"Responses": {"t": rig.source.tables["t"]}, "UnprocessedKeys": {}}
    rig.source._get = lambda request: found  # type: ignore[method-assign]
    assert rig.swept([{"pk": {"S": "p"}, "sk": {"N": "1E2"}}]) == []


def test_only_the_key_attributes_are_fetched_whatever_they_are_called() -> None:
    rig = Rig(items(0, 1))
    rig.swept(items(0, 1))
    request = rig.source.requests[0][1]["RequestItems"]["t"]
    assert request["ProjectionExpression"] == "#k0, #k1"
    assert request["ExpressionAttributeNames"] == {"#k0": "pk", "#k1": "sk"}


@pytest.mark.parametrize(
    "answer",
    [
        b"{}",
        b'{"message":"slow down"}',
        b'{"__type":"InternalServerError"}',
        b'{"Responses":{}}',
        b'{"Responses":null,"UnprocessedKeys":{}}',
        b'{"Responses":{"t":null},"UnprocessedKeys":{}}',
        b'{"Responses":{"other":[]},"UnprocessedKeys":{}}',
        b'{"Responses":{},"UnprocessedKeys":{},"__type":"InternalServerError"}',
        b'{"UnprocessedKeys":{}}',
        b'{"Responses":{"t":[',
        b"null",
    ],
)
def test_a_damaged_answer_is_asked_for_again_and_deletes_nothing(answer: bytes) -> None:
    rig = Rig(items(0, 1))
    rig.source.damage = lambda body: answer
    with pytest.raises(DamagedError, match="BatchGetItem"):
        rig.swept(items(0, 1))
    assert len(rig.source.requests) == TRIES


def test_an_old_proxys_misnamed_leftovers_are_asked_for_again() -> None:
    rig = Rig(items(0, 3))
    rig.source.unprocessed.extend([2, 0])
    rig.source.damage = lambda body: body.replace(b"UnprocessedKeys", b"UnprocessedItems")
    assert rig.swept(items(0, 3)) == []
    assert len(rig.source.requests) == 2
