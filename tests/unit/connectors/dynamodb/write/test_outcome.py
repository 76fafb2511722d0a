"""What each answer means for the writes of its request."""

from __future__ import annotations

import pytest

from connectors.base.errors import TerminalError, TransientError
from connectors.dynamodb.caller import Response
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.write.outcome import SPLIT_AFTER, WriteOutcome, outcome_of
from connectors.model.writes import Write
from tests.fakes.dynamodb import invalid, throttled, unavailable

REQUEST = tuple(Write("T", b'{"id":{"N":"%d"}}' % number, False, "") for number in range(5))
HALVES = (REQUEST[:2], REQUEST[2:])
CUT = TransientError("cut")


def answered(body: bytes) -> Response:
    return Response(body, 0.0)


def test_a_batch_that_gets_5xx_is_split_at_the_fourth_attempt_and_not_before() -> None:
    """The service may be unable to handle one item. The others must not wait for it forever."""
    outcomes = [outcome_of(REQUEST, attempt, unavailable()).later for attempt in range(SPLIT_AFTER)]
    assert outcomes == [(REQUEST,)] * (SPLIT_AFTER - 1) + [HALVES]
    assert outcome_of(REQUEST[:1], 99, unavailable()).later == (REQUEST[:1],)


def test_a_batch_whose_connection_is_cut_is_not_split() -> None:
    """The network says nothing of the items, and smaller requests would cost more of them."""
    assert outcome_of(REQUEST, 99, CUT) == WriteOutcome(later=(REQUEST,), fault=CUT)


def test_a_throttled_batch_is_sent_again_whole_and_slows_the_writer_down() -> None:
    error = throttled()
    assert outcome_of(REQUEST, 99, error) == WriteOutcome(later=(REQUEST,), throttled=True, fault=error)


def test_a_refused_batch_is_halved_at_once_and_a_refused_write_is_dead_with_the_reason() -> None:
    assert outcome_of(REQUEST, 0, invalid()).now == HALVES
    dead = outcome_of(REQUEST[:1], 0, invalid("too large")).dead
    assert dead is not None
    assert "too large" in dead


@pytest.mark.parametrize("body", [b"{}", b"<html>", b'{"message":"try again"}', b""])
def test_an_answer_that_is_none_counts_no_write_as_done(body: bytes) -> None:
    outcome = outcome_of(REQUEST, 0, answered(body))
    assert (outcome.written, outcome.later) == (0, (REQUEST,))


def test_unprocessed_writes_that_cannot_be_identified_are_all_sent_again_in_halves() -> None:
    body = b'{"UnprocessedItems":{"T":[{"PutRequest":{"Item":{"id":{"N":"77"}}}}]}}'
    outcome = outcome_of(REQUEST, 0, answered(body))
    assert (outcome.written, outcome.later, outcome.throttled) == (0, HALVES, True)


def test_a_mark_is_neither_counted_nor_sent_again() -> None:
    mark = Write("marks", b'{"id":{"S":"0-1"}}', False, "origin")
    left = b'{"UnprocessedItems":{"marks":[{"PutRequest":{"Item":{"id":{"S":"0-1"}}}}]}}'
    assert outcome_of(REQUEST, 0, answered(left), mark) == WriteOutcome(written=len(REQUEST))


def test_what_a_retry_does_not_change_ends_the_call_and_names_the_table() -> None:
    outcome = outcome_of(REQUEST, 0, ServiceError("AccessDeniedException", "no", 400, "BatchWriteItem"))
    assert isinstance(outcome.fatal, TerminalError)
    assert "writing to T" in str(outcome.fatal)
