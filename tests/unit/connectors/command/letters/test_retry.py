"""What a retry settles."""

from __future__ import annotations

from typing import List

from connectors.command.letters.retry import RetryOutcome, retry
from connectors.model.stored_letters import StoredLetter
from tests.unit.connectors.command.letters.letters import FakeKeyCheck, FakeSchemas, difference, letter

ONE, TWO = letter(b'{"id":{"N":"1"}}', 5.0), letter(b'{"id":{"N":"2"}}', 6.0)


def tried(check: FakeKeyCheck, *letters: StoredLetter) -> RetryOutcome:
    return retry(letters, FakeSchemas("orders", "other"), check, "me@here", lambda: 1_700_000_000.0)


def settled(outcome: RetryOutcome) -> List[str]:
    return [mark.letter for mark in outcome.marks]


def test_letters_whose_keys_are_equal_are_settled_up_to_their_own_time() -> None:
    outcome = tried(FakeKeyCheck(), ONE, TWO)
    assert settled(outcome) == [ONE.identity.hex(), TWO.identity.hex()]
    assert [mark.until for mark in outcome.marks] == [5.0, 6.0]
    assert {(mark.by, mark.report, mark.settled) for mark in outcome.marks} == {
        ("me@here", "/reports/letters", "2023-11-14T22:13:20Z")
    }


def test_a_key_that_still_differs_stays_open_and_its_reason_is_shown() -> None:
    outcome = tried(FakeKeyCheck(difference(b'{"id":{"N":"1.0"}}', reason="too large")), ONE, TWO)
    assert settled(outcome) == [TWO.identity.hex()]
    assert outcome.refused == {"table orders: too large": 1}


def test_a_difference_that_was_repaired_is_settled() -> None:
    outcome = tried(FakeKeyCheck(difference(b'{"id":{"N":"1"}}', repaired=True)), ONE)
    assert (settled(outcome), outcome.refused) == ([ONE.identity.hex()], {})


def test_a_check_that_is_not_complete_settles_nothing() -> None:
    outcome = tried(FakeKeyCheck(problem="the job was stopped"), ONE)
    assert (outcome.marks, outcome.problems) == ([], ["the job was stopped"])


def test_a_table_that_the_check_has_not_compared_stays_open() -> None:
    elsewhere = letter(table="other")
    outcome = tried(FakeKeyCheck(), ONE, elsewhere)
    assert settled(outcome) == [ONE.identity.hex()]
    assert outcome.refused == {"table other: not compared, perhaps excluded by the filter": 1}


def test_without_a_key_that_can_be_tried_no_check_runs() -> None:
    check = FakeKeyCheck()
    outcome = tried(check, letter(table="gone"))
    assert (check.asked, outcome.keys, list(outcome.left.values())) == ([], 0, [1])
