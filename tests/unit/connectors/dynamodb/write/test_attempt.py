from __future__ import annotations

from connectors.dynamodb.write.attempt import Attempt, Retries, by_table
from connectors.dynamodb.write.outcome import WriteOutcome
from connectors.dynamodb.write.window import APART_SECONDS, TableWindow, Windows
from connectors.model.pipeline import WriteRequest
from tests.unit.connectors.dynamodb.write.test_writer import put

WRITES = (put(1), put(2), put(3))
FAULT = RuntimeError("5xx")
FAILED = WriteOutcome(fault=FAULT)
THROTTLED = WriteOutcome(fault=FAULT, throttled=True)
FIRST = Attempt(WriteRequest.of(WRITES), WRITES, 100.0)


def counted(attempt: Attempt) -> object:
    return attempt.number, attempt.faults, attempt.since, attempt.failed_at


def test_faults_are_counted_from_the_first_one() -> None:
    second = FIRST.following(WRITES, FAILED, 105.0)
    assert counted(second) == (1, 1, 105.0, 105.0)
    assert counted(second.following(WRITES, FAILED, 110.0)) == (2, 2, 105.0, 110.0)


def test_throttling_is_no_fault_and_forgives_none() -> None:
    second = FIRST.following(WRITES, FAILED, 105.0).following(WRITES, THROTTLED, 110.0)
    assert counted(second) == (2, 1, 105.0, 110.0)


def test_the_halves_of_a_request_begin_their_count_of_faults_again() -> None:
    second = FIRST.following(WRITES, FAILED, 105.0).following(WRITES[:1], FAILED, 110.0)
    assert counted(second) == (2, 1, 110.0, 110.0)


def test_a_request_that_was_partly_written_is_sent_again_soon() -> None:
    second = FIRST.following(WRITES, THROTTLED, 105.0).following(WRITES, THROTTLED, 106.0)
    assert second.number == 2
    partly = WriteOutcome(written=2, throttled=True, fault=FAULT)
    assert second.following(WRITES[:1], partly, 107.0).number == 1


def test_writes_are_parted_by_table_in_their_order() -> None:
    a, b, c = put(1, table="A"), put(2, table="B"), put(3, table="A")
    assert by_table((a, b, c)) == [(a, c), (b,)]


def test_attempts_come_back_at_their_time_the_earliest_first() -> None:
    retries = Retries()
    assert retries.wait(0.0) == float("inf")
    second, third = FIRST._replace(number=2), FIRST._replace(number=3)
    retries.push(5.0, third)
    retries.push(4.0, second)
    assert (retries.pop(3.0), retries.wait(3.0)) == (None, 1.0)
    assert [retries.pop(9.0), retries.pop(9.0), retries.pop(9.0)] == [second, third, None]


def test_a_table_waits_for_its_first_success_since_the_first_request_that_is_outstanding() -> None:
    window = TableWindow(8)
    window.sent(10.0)
    window.sent(20.0)
    assert window.waiting_since == 10.0
    window.written(30.0, throttled=False)
    assert window.waiting_since == window.written_at == 30.0
    window.landed()
    window.landed()
    assert (window.waiting_since, window.outstanding) == (None, 0)


def test_throttling_narrows_a_tables_window_and_success_widens_it_again() -> None:
    window = TableWindow(8)
    for now in (10.0, 11.0, 12.0):
        window.throttled(now)
    window.sent(12.0)
    assert not window.has_room
    window.written(12.0, throttled=True)
    assert not window.has_room
    window.written(12.0, throttled=False)
    assert window.has_room
    assert not window.shares_at(12.0 + APART_SECONDS - 0.1)
    assert window.shares_at(12.0 + APART_SECONDS)


def test_a_success_of_any_table_is_known() -> None:
    windows = Windows(8)
    windows.of("A").sent(1.0)
    windows.written("B", 2.0)
    assert (windows.written_at, windows.of("B").written_at) == (2.0, 2.0)
    assert windows.of("A").waiting_since == 1.0
