"""One worker slot: its orders and its state."""

from __future__ import annotations

import pytest

from connectors.base.errors import GapError
from connectors.dynamodb.scan import rates
from connectors.engine.worker.slot import GAP_PATIENCE_SECONDS, SCANS_AT_ONCE
from connectors.engine.worker.worker import REPORT_SECONDS
from connectors.model.assignment import Assignment
from connectors.model.notices import ScanDone, encode
from connectors.model.orders import DropOrder, NoticeOrder
from connectors.model.steps import GapFact
from tests.fakes.pages import changed, copied
from tests.unit.connectors.engine.worker.rig import RUN, T0, A, P, Rig, follow, scan, segment, shards


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_as_many_segments_are_read_at_once_as_share_a_tables_rate() -> None:
    """Each takes its share of scan.readLimit: one more would exceed the limit."""
    assert SCANS_AT_ONCE == rates.SCANS_AT_ONCE


# -- segments ------------------------------------------------------------------------------------------------


def test_a_segment_is_written_and_leaves_only_its_count(rig: Rig) -> None:
    rig.steps(1, copied("a", "b", "c"), copied(), copied("d", done=True))
    rig.take(segment(1), scan())
    assert rig.run() == ["a", "b", "c", "d"]
    assert rig.names() == ["s/t"]
    assert rig.opener.names() == [("t/1/segment 1 of 3", True)]
    assert rig.notices == [encode(ScanDone(0, 1, "t", 1))]


def test_a_segment_whose_last_page_is_empty_still_ends(rig: Rig) -> None:
    rig.steps(0, copied("a"), copied(done=True))
    rig.take(segment(0), scan())
    rig.run()
    assert rig.notices == [encode(ScanDone(0, 1, "t", 1))]


def test_the_position_is_stored_only_when_everything_before_it_is_written(rig: Rig) -> None:
    rig.steps(0, copied("a"), copied("b"), copied("c", done=True))
    rig.take(segment(0), scan())
    rig.read()
    rig.read()
    first, second = rig.pipeline.flying[:2]
    assert [request.bodies for request in (first, second)] == [[b"a"], [b"b"]]
    rig.pipeline.flying = [second]
    rig.land()
    assert "p/t/1/segment 0 of 3" not in rig.state
    rig.pipeline.flying = [first]
    rig.land()
    assert "p/t/1/segment 0 of 3" in rig.state


def test_after_a_restart_a_segment_goes_on_behind_what_was_written(rig: Rig) -> None:
    rig.steps(0, copied("a"), copied("b"), copied("c", done=True))
    rig.take(segment(0), scan())
    rig.read()
    assert rig.land() == ["a"]
    rig.read()
    assert rig.pipeline.flying
    rig.start()
    assert rig.run() == ["b", "c"]
    assert rig.names() == ["s/t"]


def test_so_many_segments_are_read_at_once_and_no_more(rig: Rig) -> None:
    for number in range(3):
        rig.steps(number, copied(str(number)), copied(f"end of {number}", done=True))
    rig.take(*[segment(number) for number in range(3)], scan())
    assert len(rig.opener.opened) == SCANS_AT_ONCE
    assert sorted(rig.run()) == ["0", "1", "2", "end of 0", "end of 1", "end of 2"]


def test_segments_of_a_table_whose_turn_it_is_not_keep_no_place_of_another(rig: Rig) -> None:
    for number in range(2):
        rig.steps(number, copied(f"{number}", done=True))
    rig.take(*[segment(number, table="waiting") for number in range(3)])
    rig.take(segment(0), segment(1), scan())
    assert rig.run() == ["0", "1"]


def test_an_order_that_comes_twice_is_followed_once(rig: Rig) -> None:
    rig.steps(0, copied("a"), copied("b", done=True))
    rig.take(segment(0), scan(), segment(0))
    assert rig.run() == ["a", "b"]


# -- orders --------------------------------------------------------------------------------------------------


def test_an_order_that_has_arrived_is_not_lost_in_a_crash_before_the_workers_turn(rig: Rig) -> None:
    rig.steps(0, copied("a", done=True))
    rig.arrive(segment(0), scan())
    assert rig.names() == ["i/1", "i/2"]
    rig.start()
    assert rig.names() == ["o/t/1/segment 0 of 3", "s/t"]
    assert rig.run() == ["a"]


def test_waiting_orders_are_followed_in_the_sequence_of_their_arrival(rig: Rig) -> None:
    """As numbers: the tenth does not come before the second."""
    rig.arrive(segment(0), shards(P))
    rig.arrive(*[segment(0, table=f"u{number}") for number in range(7)])
    rig.arrive(shards(forget=["p"]))
    assert set(rig.state) == {f"i/{number + 1}" for number in range(10)}
    rig.start()
    reading = rig.work().reading
    assert reading is not None
    assert reading.shards.forgotten == {"p"}
    assert not [name for name in rig.state if name.startswith("i/")]


def test_an_order_leaves_the_inbox_in_the_turn_that_stores_what_it_led_to(rig: Rig) -> None:
    rig.arrive(segment(0))
    rig.worker.turn(0.0)
    outcome = rig.worker.step().changed[0]
    assert outcome.removes == {"i/1"}
    assert "o/t/1/segment 0 of 3" in outcome.puts


def test_an_order_of_an_older_generation_is_not_followed(rig: Rig) -> None:
    rig.take(segment(0, generation=2))
    rig.take(segment(1), scan(), shards(P))
    assert list(rig.work().segments) == ["t/2/segment 0 of 3"]
    assert rig.work().reading is None
    assert rig.work().state.ordered < 0


def test_a_notice_goes_on_from_one_slot_and_every_slot_says_again_what_it_has_done() -> None:
    said = []
    for number in (0, 1):
        rig = Rig(slot=number)
        rig.steps(0, copied("a", done=True))
        rig.take(segment(0), scan())
        rig.run()
        rig.notices.clear()
        rig.take(NoticeOrder("plan"))
        said += rig.notices
    assert said == ["plan", encode(ScanDone(0, 1, "t", 1)), encode(ScanDone(1, 1, "t", 1))]


def test_a_notice_during_the_scan_says_nothing_of_it(rig: Rig) -> None:
    rig.steps(0, copied("a", done=True))
    rig.take(segment(0), segment(1), scan())
    rig.run()
    rig.take(NoticeOrder("plan"))
    assert rig.notices == ["plan"]


# -- gaps ----------------------------------------------------------------------------------------------------


def report(rig: Rig) -> None:
    rig.clock.now += REPORT_SECONDS
    rig.turn()


def test_a_gap_fails_the_job_where_nobody_orders_a_new_scan() -> None:
    rig = Rig(reports_gaps=False)
    rig.steps("p", GapError("t", "trimmed"))
    rig.take(shards(P), follow())
    with pytest.raises(GapError, match="trimmed"):
        rig.read()


def test_a_gap_is_reported_once_while_other_shards_are_read_on(rig: Rig) -> None:
    q, r = P.__class__("q", None, "q", "1"), P.__class__("r", None, "r", "1")
    rig.steps("p", changed("before"), GapError("t", "trimmed"))
    rig.steps("q", GapError("t", "another"))
    rig.steps("r", changed("1"), changed("2"), changed("3"))
    rig.take(shards(P, q, r), follow())
    assert sorted(rig.run()) == ["1", "2", "3", "before"]
    report(rig)
    assert rig.documents[-1].gaps == [GapFact("t", 1, T0 - 100, rig.documents[-1].gaps[0].reason)]


def test_a_gap_that_stays_unanswered_fails_the_job_after_its_patience(rig: Rig) -> None:
    rig.steps("p", GapError("t", "trimmed"))
    rig.take(shards(P), follow())
    rig.read()
    rig.clock.now += GAP_PATIENCE_SECONDS - 1
    report(rig)
    rig.clock.now += 2
    with pytest.raises(GapError, match="trimmed"):
        report(rig)


def test_the_answer_to_a_gap_frees_the_slot_of_it(rig: Rig) -> None:
    rig.steps("p", GapError("t", "trimmed"))
    rig.take(shards(P), follow())
    rig.read()
    rig.steps("p", changed("anew"))
    rig.take(DropOrder("t", 2), shards(P, generation=2), follow(2))
    rig.clock.now += GAP_PATIENCE_SECONDS + 1
    assert rig.run() == ["anew"]
    assert rig.documents[-1].gaps == []


def test_a_gap_is_found_again_after_a_restart(rig: Rig) -> None:
    rig.steps("p", changed("before"), GapError("t", "trimmed"))
    rig.take(shards(P), follow())
    rig.run()
    rig.start()
    rig.run()
    assert [gap.reason for gap in rig.documents[-1].gaps] == [GapError("t", "trimmed").reason]


# -- reports -------------------------------------------------------------------------------------------------


def test_a_table_that_is_live_is_reported_no_more(rig: Rig) -> None:
    rig.steps(0, copied("a", done=True))
    rig.take(segment(0), scan())
    rig.run()
    assert list(rig.documents[-1].tables) == ["t"]
    rig.take(follow(live=True))
    report(rig)
    assert rig.documents[-1].tables == {}


def test_a_report_is_addressed_to_the_run_and_names_the_slot() -> None:
    rig = Rig(slot=5)
    report(rig)
    assert (rig.documents[-1].run, rig.documents[-1].slot) == (RUN, 5)


def test_dead_letters_are_counted_over_restarts(rig: Rig) -> None:
    rig.steps(0, copied("a", "b"), copied("c", done=True))
    rig.steps("p", changed("d", "e"))
    rig.take(segment(0), scan())
    rig.read()
    rig.land(dead=True)
    assert rig.slot.dead == {"t": 2}
    assert (rig.count().written, rig.count().dead) == (0, 2)
    rig.start()
    assert rig.slot.dead == {"t": 2}
    rig.run()
    rig.take(shards(P, A), follow())
    rig.read()
    rig.land(dead=True)
    assert rig.slot.dead == {"t": 4}
    assert (rig.count().written, rig.count().dead) == (1, 2)


def test_a_position_behind_records_is_stored_although_only_time_has_passed_since(rig: Rig) -> None:
    """Empty pages alone are not worth an entry. Behind a page with records they are, or the records would be
    written again after each restart."""
    rig.take(shards(P), follow())
    work = rig.work()
    (feed,) = work.feeds.values()
    pages = [changed("p1"), changed(horizon=T0), changed(horizon=T0 + 1)]
    numbered = [page._replace(position=str(n).encode()) for n, page in enumerate(pages)]
    rig.slot.settled(work, feed, numbered[1:])
    rig.turn()
    assert "p/t/1/p" not in rig.state
    rig.slot.settled(work, feed, numbered)
    rig.turn()
    assert rig.state["p/t/1/p"] == b"2"


def test_a_second_gap_of_a_table_does_not_prolong_the_wait_for_an_answer_to_the_first(rig: Rig) -> None:
    rig.take(shards(P, Assignment("q", None, "q", "1")), follow())
    work = rig.work()
    first, second = work.feeds.values()
    rig.slot.failed(work, first, GapError("t", "trimmed"))
    rig.clock.now += GAP_PATIENCE_SECONDS - 1
    rig.slot.check()
    rig.slot.failed(work, second, GapError("t", "trimmed too"))
    rig.clock.now += 2
    with pytest.raises(GapError, match="trimmed"):
        rig.slot.check()
