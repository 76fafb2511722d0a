"""How a slot that was created again is distinguished from one that the job itself has advanced."""

import pytest

from connectors.postgres.replication.facts import SlotFacts
from connectors.postgres.replication.identity import Count, SlotPosition, changed_hands, start_is_passed

NOTHING_HERE = 0


def slot(confirmed):
    return SlotFacts("slot", "pgoutput", "logical", "db", None, 5, confirmed, "reserved", False, 900)


def wrong(position, known, counted, confirmed=NOTHING_HERE, submitted=SlotPosition()):  # noqa: B008
    return changed_hands(slot(position), known, confirmed, counted, submitted)


def test_a_slot_beyond_the_state_that_has_decoded_nothing_was_created_again():
    text = wrong(60, SlotPosition(50, "today"), Count("today", 0))
    assert "slot slot is not the one that this job has read up to 0/32: its position is 0/3C" in text
    assert "Copy the tables in full" in text


@pytest.mark.parametrize(
    ("position", "known", "counted"),
    [
        (60, SlotPosition(50, "today"), Count("today", 1)),  # a crash, or an older savepoint
        (50, SlotPosition(50, "today"), Count("today", 0)),  # stopped, and nothing has moved
        (40, SlotPosition(50, "today"), Count("today", 0)),  # behind: it will send that again
        (60, SlotPosition(50, "today"), Count("tomorrow", 0)),  # the server has crashed
        (60, SlotPosition(50, ""), Count("today", 0)),  # the slot has only idled
        (60, SlotPosition(50, ""), Count("", 0)),  # statistics were reset by hand
        (60, SlotPosition(), Count("today", 0)),  # no savepoint
    ],
)
def test_a_slot_that_the_job_may_have_moved_itself_is_accepted(position, known, counted):
    assert wrong(position, known, counted) == ""


def test_a_slot_beyond_what_this_process_confirmed_is_refused_whatever_was_decoded():
    assert "0/46" in wrong(80, SlotPosition(50, "today"), Count("today", 9), confirmed=70)


def test_a_slot_up_to_what_this_process_confirmed_is_accepted():
    for position in (60, 70):
        assert wrong(position, SlotPosition(50, "today"), Count("today", 0), confirmed=70) == ""


def test_a_start_is_passed_when_a_crash_of_the_server_cannot_move_the_slot_back_before_it():
    beyond = slot(900)._replace(restart_lsn=60)
    assert start_is_passed(beyond, 60)
    assert not start_is_passed(beyond, 61)


def test_a_slot_beyond_the_submissions_transaction_that_has_decoded_nothing_was_created_again():
    for known in (SlotPosition(), SlotPosition(40, "")):
        assert "slot slot is not the one that" in wrong(
            60, known, Count("today", 0), submitted=SlotPosition(50, "today")
        )


@pytest.mark.parametrize(
    ("position", "known", "counted"),
    [
        (60, SlotPosition(), Count("today", 1)),  # the job moved it, and failed before its first checkpoint
        (50, SlotPosition(), Count("today", 0)),  # it moved it up to the transaction
        (60, SlotPosition(), Count("tomorrow", 0)),  # the server has crashed
        (70, SlotPosition(60, "tomorrow"), Count("today", 0)),  # the state knows a later time
    ],
)
def test_a_slot_that_the_job_may_have_moved_since_its_submission_is_accepted(position, known, counted):
    assert wrong(position, known, counted, submitted=SlotPosition(50, "today")) == ""
