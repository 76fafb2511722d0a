"""A key that fails is distinguished from a side that does not answer."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional, Sequence, Set

import msgspec
import pytest

from connectors.base.errors import TransientError
from connectors.check.access import BothSides
from connectors.check.questions import WITNESSES, ask
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.get import PointReadResult
from connectors.dynamodb.scan.request import ScanPage
from connectors.model.keys import KeyReader, key_schema
from connectors.targets.dynamodb_api.check_side import ItemForm
from tests.fakes.access import SCHEMA, body, item
from tests.fakes.writer import FakeWriter

READER = KeyReader("t", key_schema(SCHEMA))
DOWN = TransientError("BatchGetItem: InternalServerError (retried for 120 s)")
INVALID = ServiceError("ValidationException", "a key is too long", 400, "BatchGetItem", "t")


class FailingSide:
    """Answers for `there`; a read with any of `failing` raises its error."""

    def __init__(self, there: Sequence[int], failing: Optional[Dict[int, Exception]] = None) -> None:
        self.there, self.failing = list(there), failing or {}
        self.scans: Optional[Exception] = None
        self.asked: List[Set[int]] = []
        self.down_after = 10**6

    def look(self, table: str, schema: Any, keys: Sequence[bytes]) -> PointReadResult:
        numbers = {int(json.loads(key)["id"]["N"]) for key in keys}
        self.asked.append(numbers)
        if len(self.asked) > self.down_after:
            raise DOWN
        for number in sorted(numbers & set(self.failing)):
            raise self.failing[number]
        found = {
            READER.digest(body(item(number))): body(item(number)) for number in numbers & set(self.there)
        }
        return PointReadResult(found, 0.5 * len(numbers))

    def again(self, table: str, segment: int, total: int) -> Any:
        return self

    def after(self, key: bytes, limit: int) -> ScanPage:
        if self.scans:
            raise self.scans
        return ScanPage(Items=[msgspec.Raw(body(item(number))) for number in self.there[:limit]])

    def form(self, table: str, schema: Any) -> ItemForm:
        return ItemForm(READER)


def key(number: int) -> bytes:
    return body(item(number))


def asked(side: FailingSide, *numbers: int) -> Any:
    return ask(side, "t", SCHEMA, [key(number) for number in numbers])  # type: ignore[arg-type]


def test_keys_that_are_answered_are_asked_for_once_and_together() -> None:
    side = FailingSide([1, 2])
    answers = asked(side, 1, 2, 3)
    assert (len(answers.items), answers.units, answers.refused) == (2, 1.5, {})
    assert side.asked == [{1, 2, 3}]


@pytest.mark.parametrize("error", [DOWN, INVALID])
def test_a_key_that_always_fails_is_refused_with_the_reason_and_the_others_are_answered(
    error: Exception,
) -> None:
    answers = asked(FailingSide([1, 3], {2: error}), 1, 2, 3)
    assert answers.refused == {key(2): str(error)}
    assert set(answers.items) == {READER.digest(key(1)), READER.digest(key(3))}
    assert answers.units == 1.0


def test_the_questions_for_a_lot_are_bounded() -> None:
    side = FailingSide([1], dict.fromkeys(range(2, 27), DOWN))
    asked(side, *range(1, 26))
    assert len(side.asked) <= 1 + 25 + 2 * WITNESSES


def test_a_side_that_answers_for_no_key_is_an_outage_and_no_key_is_refused() -> None:
    side = FailingSide([1, 2], dict.fromkeys(range(9), DOWN))
    with pytest.raises(TransientError):
        asked(side, 1, 5)
    side = FailingSide([1], {1: DOWN})
    side.scans = DOWN
    with pytest.raises(TransientError):
        asked(side, 1)


def test_an_outage_is_reported_after_few_questions_and_not_after_one_for_each_key() -> None:
    """Each question takes as long as the client retries: two minutes."""
    side = FailingSide(range(30), dict.fromkeys(range(30), DOWN))
    with pytest.raises(TransientError):
        asked(side, *range(25))
    assert len(side.asked) <= 1 + WITNESSES


def test_an_outage_that_begins_between_the_questions_refuses_no_key() -> None:
    side = FailingSide([1, 3], {2: DOWN})
    side.down_after = 3
    with pytest.raises(TransientError):
        asked(side, 1, 2, 3)


def test_the_first_item_of_the_table_may_itself_be_the_one_that_fails() -> None:
    assert set(asked(FailingSide([1, 2], {1: DOWN}), 1, 2).refused) == {key(1)}


def test_a_key_may_fail_in_a_table_without_items() -> None:
    assert set(asked(FailingSide([], {1: INVALID}), 1).refused) == {key(1)}


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException"])
def test_what_concerns_the_whole_table_is_raised_at_once(code: str) -> None:
    side = FailingSide([1, 2], {2: ServiceError(code, "no", 400, "BatchGetItem", "t")})
    with pytest.raises(ServiceError, match=code):
        asked(side, 1, 2)
    assert len(side.asked) == 1


class Ordered:
    """Tells in which order the sides and the table are asked."""

    def __init__(self, name: str, calls: List[str], there: Sequence[int]) -> None:
        self._name, self._calls, self._side = name, calls, FailingSide(there)

    def look(self, *arguments: Any) -> PointReadResult:
        self._calls.append(self._name)
        return self._side.look(*arguments)


def both(calls: List[str], source: Sequence[int]) -> Any:
    def may_delete(table: str) -> bool:
        calls.append(f"has {table}")
        return False

    times = iter(range(10))
    sides = [Ordered("source", calls, source), Ordered("target", calls, [1])]
    return BothSides(sides[0], sides[1], FakeWriter(), may_delete, lambda: float(next(times)))


def test_the_target_is_read_before_the_source_and_the_table_is_asked_for_after_both() -> None:
    """A change that arrives between the two reads would otherwise look like one that the target lacks; and a
    table that is lost after the question would look empty."""
    calls: List[str] = []
    seen = both(calls, source=[]).look("t", SCHEMA, [key(1)])
    assert calls == ["target", "source", "has t"]
    assert seen.target_at < seen.source_at
    assert not seen.deletable


def test_a_source_that_has_every_item_is_not_asked_for_its_table() -> None:
    calls: List[str] = []
    assert both(calls, source=[1]).look("t", SCHEMA, [key(1)]).deletable
    assert calls == ["target", "source"]
