from __future__ import annotations

import json
import random
from typing import Any, List

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base.errors import TerminalError, TransientError
from connectors.dynamodb.caller import Response
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.retry import Policy
from connectors.dynamodb.write.writer import BatchWriter
from connectors.model.writes import Write, WriteReport
from tests.fakes.clock import FakeClock
from tests.fakes.deadletters import FakeDeadLetters
from tests.fakes.dynamodb import LOST, UNPROCESSED, FakeInFlight, FakeService, Fault, throttled, unavailable
from tests.harness.depth import examples

SCHEMAS = {"A": ("id",), "B": ("id",)}


def put(number: int, value: str = "v", table: str = "A") -> Write:
    body = json.dumps({"id": {"N": str(number)}, "value": {"S": value}}).encode()
    return Write(table, body, False, f"entry {number}")


def delete(number: int, table: str = "A") -> Write:
    return Write(table, json.dumps({"id": {"N": str(number)}}).encode(), True, f"entry {number}")


def is_poison(item: Any) -> bool:
    return bool(item.get("value", {}).get("S") == "poison")


class Rig:
    def __init__(self, service: FakeService, deadline: float = 60.0, **options: Any) -> None:
        self.service, self.clock = service, FakeClock()
        self.requests_in_flight, self.dead = FakeInFlight(service), FakeDeadLetters()
        self.writer = BatchWriter(
            self.requests_in_flight,
            self.dead,
            Policy(deadline=deadline),
            timing=self.clock.timing(),
            **options,
        )


FAULTS = st.sampled_from(["throttle", "5xx", "cut", LOST, UNPROCESSED, "none"])


def fault_named(name: str) -> Fault:
    made: Fault = {
        "throttle": throttled(),
        "5xx": unavailable(),
        "cut": TransientError("cut"),
        "none": None,
    }.get(name, name)
    return made


@st.composite
def batches(draw: st.DrawFn) -> List[Write]:
    numbers = draw(st.lists(st.tuples(st.integers(0, 200), st.sampled_from("AB")), unique=True, max_size=120))
    kinds = st.sampled_from(["v", "w", "poison", None])
    drawn = [(number, table, draw(kinds)) for number, table in numbers]
    return [
        delete(number, table) if kind is None else put(number, kind, table) for number, table, kind in drawn
    ]


@settings(max_examples=examples(150), deadline=None)
@given(
    rounds=st.lists(batches(), min_size=1, max_size=3),
    script=st.lists(FAULTS, max_size=40),
    atomic=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_any_mixture_of_faults_ends_with_the_target_equal_to_the_fold_of_the_accepted_writes(
    rounds: List[List[Write]], script: List[str], atomic: bool, seed: int
) -> None:
    rig = Rig(FakeService(SCHEMAS, map(fault_named, script), is_poison, atomic, seed))
    expected: Any = {"A": {}, "B": {}}
    for writes in rounds:
        rig.dead.letters.clear()
        report = rig.writer.write(writes)
        poison = [write for write in writes if is_poison(json.loads(write.body))]
        assert sorted(letter.write for letter in rig.dead.letters) == sorted(poison)
        assert (report.written, report.dead) == (len(writes) - len(poison), len(poison))
        for write in writes:
            if write not in poison:
                item = json.loads(write.body)
                expected[write.table].pop(item["id"]["N"], None)
                if not write.delete:
                    expected[write.table][item["id"]["N"]] = item
    kept = {
        table: {item["id"]["N"]: item for item in items.values()}
        for table, items in rig.service.tables.items()
    }
    assert kept == expected
    assert len(rig.requests_in_flight) == 0


def test_a_hundred_writes_without_faults_take_four_requests_and_each_is_applied_once() -> None:
    rig = Rig(FakeService(SCHEMAS))
    report = rig.writer.write([put(number) for number in range(100)])
    assert report[:4] == (100, 0, 0, 0)
    assert rig.service.requests == 4
    assert len(rig.service.applied) == len(set(rig.service.applied)) == 100
    assert report.sent_bytes > sum(len(put(number).body) for number in range(100))


def test_only_what_was_left_unprocessed_is_sent_again() -> None:
    rig = Rig(FakeService(SCHEMAS, [UNPROCESSED], seed=3))
    report = rig.writer.write([put(number) for number in range(25)])
    assert (report.written, report.throttles, report.retries) == (25, 1, 1)
    assert len(rig.service.applied) == 25


def test_one_rejected_item_of_25_goes_to_the_dead_letters_with_the_reason_and_24_are_written() -> None:
    rig = Rig(FakeService(SCHEMAS, poison=is_poison, atomic=True))
    report = rig.writer.write([put(number, "poison" if number == 13 else "v") for number in range(25)])
    assert (report.written, report.dead) == (24, 1)
    (letter,) = rig.dead.letters
    assert letter.write.provenance == "entry 13"
    assert "ValidationException" in letter.reason
    assert rig.service.requests <= 11


def test_a_batch_of_rejected_items_takes_at_most_two_requests_per_item_and_no_waiting() -> None:
    rig = Rig(FakeService(SCHEMAS, poison=is_poison, atomic=True))
    before = rig.clock.now
    report = rig.writer.write([put(number, "poison") for number in range(25)])
    assert (report.written, report.dead) == (0, 25)
    assert rig.service.requests == 49
    assert rig.clock.now == before


@pytest.mark.parametrize(
    "code", ["ResourceNotFoundException", "AccessDeniedException", "UnrecognizedClientException"]
)
def test_a_fault_of_no_single_item_ends_the_job_and_leaves_nothing_in_flight(code: str) -> None:
    rig = Rig(FakeService(SCHEMAS, [ServiceError(code, "no", 400, "BatchWriteItem")]))
    with pytest.raises(TerminalError, match=f"writing to A: .*{code}"):
        rig.writer.write([put(number) for number in range(100)])
    assert len(rig.requests_in_flight) == 0
    assert rig.dead.letters == []


def test_a_target_that_stays_down_ends_the_job_after_the_bound_with_table_and_endpoint() -> None:
    rig = Rig(FakeService(SCHEMAS, iter(unavailable, None)), deadline=30)
    before = rig.clock.now
    with pytest.raises(TransientError, match=r"for 30 s: .* table A, the first from entry"):
        rig.writer.write([put(number) for number in range(60)])
    assert 30 <= rig.clock.now - before <= 36


class OneAtATime(random.Random):
    """Leaves all but one write of each request unprocessed."""

    taken = 0

    def random(self) -> float:
        self.taken += 1
        return 1.0 if self.taken == 1 else 0.0


def test_a_table_that_accepts_one_write_per_request_is_slow_but_does_not_fail() -> None:
    service = FakeService(SCHEMAS, [UNPROCESSED] * 25)
    rig = Rig(service, deadline=0.2)
    answer = service.call

    def call(operation: str, body: bytes, table: str = "") -> Response:
        service._random = OneAtATime()
        return answer(operation, body, table)

    service.call = call  # type: ignore[method-assign]
    before = rig.clock.now
    assert rig.writer.write([put(number) for number in range(25)]).written == 25
    assert service.requests == 25
    assert rig.clock.now - before > 2 * 0.2


def test_throttling_reduces_the_requests_in_flight_and_success_increases_them() -> None:
    rig = Rig(FakeService(SCHEMAS, [throttled() for _ in range(6)]), in_flight=16)
    rig.writer.write([put(number) for number in range(150)])
    rig.requests_in_flight.most = 0
    rig.writer.write([put(number) for number in range(1500)])
    assert 1 < rig.requests_in_flight.most <= 15
    rig.writer.write([put(number) for number in range(25 * 200)])
    rig.requests_in_flight.most = 0
    rig.writer.write([put(number) for number in range(25 * 40)])
    assert rig.requests_in_flight.most == 16


def test_an_item_that_breaks_the_service_is_named_and_all_others_are_written() -> None:
    def stumble(item: Any) -> bool:
        if is_poison(item):
            raise unavailable()
        return False

    rig = Rig(FakeService(SCHEMAS, poison=stumble), deadline=20)
    with pytest.raises(TransientError, match="1 writes to table A, the first from entry 7"):
        rig.writer.write([put(number, "poison" if number == 7 else "v") for number in range(25)])
    assert len(rig.service.tables["A"]) == 24


def test_dead_letters_that_cannot_be_stored_fail_the_call() -> None:
    rig = Rig(FakeService(SCHEMAS, poison=is_poison))
    rig.writer._dead_letters = FakeDeadLetters(TerminalError("disk full"))
    with pytest.raises(TerminalError, match="disk full"):
        rig.writer.write([put(1, "poison")])


def test_an_empty_list_of_writes_sends_no_request() -> None:
    rig = Rig(FakeService(SCHEMAS))
    assert rig.writer.write([]) == WriteReport()
    assert rig.service.requests == 0
