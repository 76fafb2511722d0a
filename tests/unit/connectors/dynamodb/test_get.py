"""BatchGetItem: a key that has not come counts as absent only when the service has said so."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Sequence

import pytest

from connectors.base.errors import TransientError
from connectors.dynamodb.caller import Response
from connectors.dynamodb.get import BATCH_GET, ROUNDS, PointReadResult, PointReads
from connectors.model.keys import KeyReader, key_schema

KEYS = KeyReader("t", key_schema([("id", "N")]))


def key(number: int) -> bytes:
    return b'{"id":{"N":"%d"}}' % number


def answer(items: Sequence[int], left: Sequence[int] = (), **more: Any) -> Dict[str, Any]:
    found = [{"id": {"N": str(number)}} for number in items]
    unprocessed = {"t": {"Keys": [{"id": {"N": str(number)}} for number in left]}} if left else {}
    return {"Responses": {"t": found}, "UnprocessedKeys": unprocessed, **more}


class Scripted:
    """Answers in order; the last one again and again."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.asked = list(answers), []

    def call(self, operation: str, body: bytes, table: str = "") -> Response:
        request = json.loads(body)["RequestItems"]["t"]
        self.asked.append([int(each["id"]["N"]) for each in request["Keys"]])
        self.request = request
        came = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return Response(json.dumps(came).encode(), 0.0)


def read(caller: Scripted, numbers: Sequence[int], **options: Any) -> PointReadResult:
    slept: List[float] = []
    reads = PointReads(KEYS, caller, consistent=options.pop("consistent", False), sleep=slept.append)
    return reads.read([key(number) for number in numbers], **options)


def numbers(result: PointReadResult) -> List[int]:
    return sorted(int(json.loads(item)["id"]["N"]) for item in result.items.values())


def test_what_is_left_unprocessed_is_asked_for_again() -> None:
    """It would otherwise count as deleted: the check would report it, and a rescan delete it."""
    caller = Scripted(answer([1], left=[2, 3]), answer([2], left=[3]), answer([3]))
    assert numbers(read(caller, [1, 2, 3, 4])) == [1, 2, 3]
    assert caller.asked == [[1, 2, 3, 4], [2, 3, 4], [3, 4]]


def test_keys_that_are_left_under_the_older_name_are_asked_for_again() -> None:
    """PolarDB's proxy before 2.3.64."""
    older = {"Responses": {"t": []}, "UnprocessedItems": {"t": {"Keys": [{"id": {"N": "1"}}]}}}
    caller = Scripted(older, {"Responses": {"t": [{"id": {"N": "1"}}]}, "UnprocessedItems": None})
    assert numbers(read(caller, [1])) == [1]


@pytest.mark.parametrize("damaged", [{}, {"Responses": {}}, {"UnprocessedKeys": {}}, {"message": "no"}])
def test_an_answer_without_both_members_says_nothing_of_any_key(damaged: Dict[str, Any]) -> None:
    with pytest.raises(TransientError, match="BatchGetItem"):
        read(Scripted(damaged), [1])


def test_an_answer_for_another_table_is_none() -> None:
    with pytest.raises(TransientError, match="another table"):
        read(Scripted({"Responses": {"u": []}, "UnprocessedKeys": {}}), [1])


def test_a_side_that_never_brings_the_rest_is_given_up_after_some_rounds() -> None:
    caller = Scripted(answer([], left=[1]))
    with pytest.raises(TransientError, match="leaves 1 keys unprocessed"):
        read(caller, [1])
    assert len(caller.asked) == ROUNDS


def test_a_side_that_brings_a_little_each_time_is_asked_as_long_as_it_takes() -> None:
    """Throttling: one item an answer is progress."""
    count = 3 * ROUNDS
    answers = [answer([number], left=range(number + 1, count)) for number in range(count)]
    caller = Scripted(*answers[:-1], answer([count - 1]))
    assert len(read(caller, range(count)).items) == count


def test_a_hundred_keys_go_into_a_request_and_units_are_added_up() -> None:
    capacity = {"ConsumedCapacity": [{"CapacityUnits": 2.5}]}
    caller = Scripted(answer(range(BATCH_GET), **capacity), answer([BATCH_GET], **capacity))
    result = read(caller, range(BATCH_GET + 1))
    assert [len(asked) for asked in caller.asked] == [BATCH_GET, 1]
    assert (len(result.items), result.units) == (BATCH_GET + 1, 5.0)


def test_a_consistent_read_is_asked_for_only_where_it_is_wanted() -> None:
    caller = Scripted(answer([1]))
    read(caller, [1], consistent=True)
    assert caller.request["ConsistentRead"] is True
    read(caller, [1])
    assert "ConsistentRead" not in caller.request


def test_a_read_of_keys_alone_names_the_key_attributes() -> None:
    caller = Scripted(answer([1]))
    read(caller, [1], keys_only=True)
    assert caller.request["ExpressionAttributeNames"] == {"#k0": "id"}
    assert caller.request["ProjectionExpression"] == "#k0"
