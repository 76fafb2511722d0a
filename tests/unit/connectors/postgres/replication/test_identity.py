"""What tells a slot that was made anew from one that the job itself has moved on."""

import pytest

from connectors.postgres.replication.facts import SlotFacts
from connectors.postgres.replication.identity import Count, SlotPosition, changed_hands

NOTHING_HERE = 0


def slot(confirmed):
    return SlotFacts("slot", "pgoutput", "logical", "db", None, 5, confirmed, "reserved", False, 900)


def wrong(stands, known, counted, confirmed=NOTHING_HERE):
    return changed_hands(slot(stands), known, confirmed, counted)


def test_a_slot_beyond_the_state_that_has_decoded_nothing_was_made_anew():
    text = wrong(60, SlotPosition(50, "today"), Count("today", 0))
    assert "slot slot is not the one that this job has read up to 0/32: it stands at 0/3C" in text
    assert "Copy the tables in whole" in text


@pytest.mark.parametrize(
    ("stands", "known", "counted"),
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
def test_a_slot_that_the_job_may_have_moved_itself_is_gone_on_with(stands, known, counted):
    assert wrong(stands, known, counted) == ""


def test_beyond_what_this_process_has_confirmed_another_has_moved_it_whatever_was_decoded():
    assert "0/46" in wrong(80, SlotPosition(50, "today"), Count("today", 9), confirmed=70)


def test_up_to_what_this_process_has_confirmed_it_is_the_same():
    for stands in (60, 70):
        assert wrong(stands, SlotPosition(50, "today"), Count("today", 0), confirmed=70) == ""
