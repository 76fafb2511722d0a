from __future__ import annotations

from typing import Any, List, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.engine.worker import outbox
from connectors.engine.worker.outbox import GATHER_SECONDS, WorkerOutbox, chunks
from connectors.engine.worker.pages import Page
from connectors.model.pages import ReadPage
from connectors.model.pipeline import NEVER, WriteRequest
from tests.harness.depth import examples
from tests.unit.connectors.engine.worker.outbox_model import MOST, FakeTarget, Model

TABLES = "AB"
TABLE = st.sampled_from(TABLES)
FEED = st.integers(0, 1)
OPS = st.one_of(
    st.tuples(st.just("add_changes"), TABLE, FEED, st.lists(st.integers(0, 2), min_size=1, max_size=5)),
    st.tuples(st.just("add_copies"), TABLE, st.integers(0, 5)),
    st.tuples(st.just("send")),
    st.tuples(st.just("send")),
    st.tuples(st.just("land"), st.integers(0, 5), st.integers(0, MOST)),
    st.tuples(st.just("land"), st.integers(0, 5), st.integers(0, MOST)),
    st.tuples(st.just("drop"), TABLE, st.integers(-1, 1)),
    st.tuples(st.just("block"), TABLE, st.sampled_from([0.0, 0.5, NEVER])),
    st.tuples(st.just("unmix"), TABLE),
    st.tuples(st.just("mix"), TABLE),
    st.tuples(st.just("pass_time"), st.floats(0, 0.05)),
)


def do(model: Model, op: Tuple[Any, ...]) -> None:
    name, arguments = op[0], op[1:]
    if name == "block":
        model.target.waits[arguments[0]] = arguments[1]
    elif name == "unmix":
        model.target.alone.add(arguments[0])
    elif name == "mix":
        model.target.alone.discard(arguments[0])
    elif name == "pass_time":
        model.now += arguments[0]
    else:
        getattr(model, name)(*arguments)


@settings(max_examples=examples(1500), deadline=None)
@given(st.lists(OPS, min_size=15, max_size=60))
def test_changes_are_written_in_order_per_key_and_a_page_is_done_when_they_or_later_ones_are_durable(
    ops: List[Tuple[Any, ...]],
) -> None:
    model = Model()
    for op in ops:
        do(model, op)
        model.check()
    model.finish()


def changes(*pairs: Tuple[int, int], feed: Any = None) -> Page:
    """(key, version) each."""
    entries = [(b"%d" % key, b"%d" % version, False) for key, version in pairs]
    return Page(feed, ReadPage(b"", 0, changes=entries))


def copies(*bodies: bytes) -> Page:
    return Page(None, ReadPage(b"", 100, bodies=bodies))


class Rig:
    def __init__(self, most: int = 25) -> None:
        self.outbox, self.target, self.now = WorkerOutbox(most, most), FakeTarget(), 0.0

    def next(self) -> List[bytes]:
        """The bodies of the next request; empty if there is none now."""
        request, _ = self.outbox.next(self.target, self.now)  # type: ignore[arg-type]
        if request is None:
            return []
        self.target.flights.append(request)
        return list(request.bodies) or [write.body for write in request.writes]

    def wait(self) -> float:
        request, wait = self.outbox.next(self.target, self.now)  # type: ignore[arg-type]
        assert request is None
        return wait

    def land(self, number: int = 0) -> WriteRequest:
        request = self.target.flights.pop(number)
        self.outbox.landed(request.writes)
        return request


def test_the_next_change_of_a_key_waits_for_the_one_in_flight_and_other_keys_do_not() -> None:
    rig = Rig()
    rig.outbox.add("A", changes((1, 10)))
    assert rig.next() == [b"10"]
    rig.outbox.add("A", changes((1, 11), (2, 12)))
    rig.now += GATHER_SECONDS
    assert rig.next() == []
    rig.now += GATHER_SECONDS
    assert rig.next() == [b"12"]
    rig.land()
    rig.now += GATHER_SECONDS
    rig.wait()
    rig.now += GATHER_SECONDS
    assert rig.next() == [b"11"]


def test_changes_that_were_not_sent_are_folded_in_the_place_of_the_first() -> None:
    rig = Rig(most=1)
    first, second = changes((1, 10), (2, 11)), changes((1, 12))
    rig.outbox.add("A", first)
    rig.outbox.add("A", second)
    assert [rig.next(), rig.next(), rig.next()] == [[b"12"], [b"11"], []]
    assert (first.left, second.left) == (2, 1)
    rig.land()
    assert (first.left, second.left) == (1, 0)


def test_a_table_that_may_not_be_written_does_not_delay_another() -> None:
    rig = Rig()
    rig.outbox.add("A", changes(*((key, key) for key in range(100))))
    rig.outbox.add("B", changes((1, 1000)))
    rig.target.waits["A"] = NEVER
    assert rig.next() == [b"1000"]


def test_the_shortest_wait_of_all_tables_is_reported() -> None:
    rig = Rig()
    for table, wait in (("A", NEVER), ("B", 0.7), ("C", 0.9)):
        rig.outbox.add(table, changes((1, 1)))
        rig.target.waits[table] = wait
    assert rig.wait() == 0.7


def test_tables_take_turns() -> None:
    rig = Rig(most=2)
    rig.outbox.add("A", copies(*(b"a%d" % number for number in range(6))))
    rig.outbox.add("B", copies(*(b"b%d" % number for number in range(6))))
    assert [rig.next()[0][:1] for _ in range(6)] == [b"a", b"b"] * 3


def test_copied_items_of_one_table_take_turns_with_changes_of_another() -> None:
    """However many changes there are."""
    rig = Rig(most=2)
    rig.outbox.add("A", changes(*((key, key) for key in range(100))))
    rig.outbox.add("B", copies(b"b0", b"b1", b"b2"))
    sent = [rig.next() for _ in range(4)]
    assert [b"b0", b"b1"] in sent
    assert [b"b2"] in sent


def test_a_request_that_waits_for_more_changes_does_not_delay_copied_items() -> None:
    rig = Rig()
    rig.target.flights.append(WriteRequest("C", [b""], ""))
    rig.outbox.add("A", changes((1, 1)))
    rig.outbox.add("B", copies(b"b"))
    assert rig.next() == [b"b"]
    assert rig.wait() == GATHER_SECONDS


def test_a_request_of_several_tables_that_waits_does_not_delay_a_table_that_is_written_alone() -> None:
    rig = Rig(most=2)
    rig.target.flights.append(WriteRequest("C", [b""], ""))
    rig.target.alone.add("B")
    rig.outbox.add("A", changes((1, 1)))
    rig.outbox.add("B", changes((1, 2), (2, 3)))
    assert rig.next() == [b"2", b"3"]
    assert rig.wait() == GATHER_SECONDS


def test_a_table_that_is_written_alone_waits_on_its_own() -> None:
    rig = Rig(most=2)
    rig.target.flights.append(WriteRequest("C", [b""], ""))
    rig.target.alone.add("A")
    rig.outbox.add("A", changes((1, 1)))
    assert rig.wait() == GATHER_SECONDS
    rig.now += GATHER_SECONDS / 2
    rig.outbox.add("B", changes((1, 2)))
    assert rig.wait() == GATHER_SECONDS / 2
    rig.now += GATHER_SECONDS / 2
    assert rig.next() == [b"1"]
    assert rig.wait() == pytest.approx(GATHER_SECONDS / 2)


def test_a_throttled_table_that_waits_for_more_changes_does_not_delay_another() -> None:
    rig = Rig(most=2)
    rig.target.flights.append(WriteRequest("C", [b""], ""))
    rig.target.alone.add("A")
    rig.outbox.add("A", changes((1, 1)))
    rig.outbox.add("B", changes((1, 2), (2, 3)))
    assert rig.next() == [b"2", b"3"]


def test_a_blocked_table_does_not_take_the_place_of_those_that_share_a_request() -> None:
    rig = Rig(most=2)
    rig.target.flights.append(WriteRequest("C", [b""], ""))
    rig.outbox.add("A", changes((1, 1)))
    assert rig.wait() == GATHER_SECONDS
    rig.target.waits["A"] = NEVER
    rig.outbox.add("B", changes((1, 2), (2, 3)))
    assert rig.next() == [b"2", b"3"]


def test_changes_of_many_tables_fill_one_request() -> None:
    rig = Rig()
    for number in range(40):
        rig.outbox.add(f"T{number}", changes((1, number)))
    assert len(rig.next()) == 25
    rig.now += GATHER_SECONDS
    rig.wait()
    rig.now += GATHER_SECONDS
    assert len(rig.next()) == 15


def test_changes_of_a_table_that_does_not_mix_are_sent_alone() -> None:
    rig = Rig()
    rig.target.alone.add("B")
    for table in "ABC":
        rig.outbox.add(table, changes((1, ord(table))))
    sent = []
    for _ in range(4):
        sent.append(rig.next())
        rig.now += GATHER_SECONDS
    assert sorted(filter(None, sent)) == [[b"65", b"67"], [b"66"]]


def test_changes_of_a_throttled_table_do_not_count_as_those_of_a_full_request() -> None:
    rig = Rig(most=3)
    rig.target.flights.append(WriteRequest("C", [b""], ""))
    rig.target.waits["A"] = NEVER
    rig.outbox.add("A", changes(*((key, key) for key in range(9))))
    rig.outbox.add("B", changes((1, 1)))
    assert rig.wait() == GATHER_SECONDS


def test_a_request_of_changes_is_sent_at_once_if_none_is_in_flight_or_it_is_full_or_has_waited() -> None:
    rig = Rig(most=2)
    rig.outbox.add("A", changes((1, 1)))
    assert rig.next() == [b"1"]
    rig.outbox.add("A", changes((2, 2), (3, 3), (4, 4)))
    assert rig.next() == [b"2", b"3"]
    assert rig.wait() == GATHER_SECONDS
    rig.now += GATHER_SECONDS / 2
    assert rig.wait() == GATHER_SECONDS / 2
    rig.now += GATHER_SECONDS / 2
    assert rig.next() == [b"4"]


def test_a_dropped_change_in_flight_still_blocks_its_key() -> None:
    rig = Rig()
    old, new = changes((1, 1), feed="old"), changes((1, 2), feed="new")
    rig.outbox.add("A", old)
    rig.next()
    rig.outbox.drop("A", lambda page: page.feed == "old")
    assert old.left == 1
    rig.outbox.add("A", new)
    rig.now += GATHER_SECONDS
    assert rig.next() == []
    rig.land()
    assert old.left == 0
    assert rig.next() == [b"2"]


def test_a_dropped_change_that_waits_for_its_key_is_never_sent() -> None:
    rig = Rig()
    first, second = changes((1, 1)), changes((1, 2))
    rig.outbox.add("A", first)
    rig.next()
    rig.outbox.add("A", second)
    rig.outbox.drop("A", lambda page: page is second)
    assert (first.left, second.left) == (1, 0)
    rig.land()
    assert first.left == 0
    assert rig.wait() == NEVER


def test_dropped_pages_that_were_not_sent_are_done_and_the_others_are_not() -> None:
    rig = Rig(most=1)
    kept, change, copied, more = changes((1, 1)), changes((1, 2), (2, 3)), copies(b"a", b"b"), copies(b"c")
    for page in (kept, change, copied, more):
        rig.outbox.add("A", page)
    rig.outbox.drop("A", lambda page: page is change or page is copied)
    assert [page.left for page in (kept, change, copied, more)] == [1, 0, 0, 1]
    assert [rig.next(), rig.next(), rig.next()] == [[b"c"], [b"2"], []]


def test_no_request_is_over_the_limit_of_bytes_unless_one_change_alone_is(monkeypatch: Any) -> None:
    monkeypatch.setattr(outbox, "MAX_BYTES", 200)
    rig = Rig()
    sizes = [60, 60, 300, 10]
    entries = [(b"%d" % key, b"x" * size, False) for key, size in enumerate(sizes)]
    rig.outbox.add("A", Page(None, ReadPage(b"", 0, changes=entries)))
    sent = []
    for _ in range(7):
        sent.append([len(body) for body in rig.next()])
        rig.now += GATHER_SECONDS
    assert [each for each in sent if each] == [[60], [60], [300], [10]]


@given(st.lists(st.integers(0, 300), max_size=40), st.integers(1, 9), st.booleans())
def test_copied_items_are_sent_in_requests_within_both_limits_and_none_is_lost(
    sizes: List[int], most: int, known: bool
) -> None:
    bodies = [b"x" * size for size in sizes]
    limit = outbox.MAX_BYTES
    outbox.MAX_BYTES = 500
    try:
        found = chunks(bodies, most, sum(sizes) + 64 * len(sizes))
    finally:
        outbox.MAX_BYTES = limit
    assert [body for each in found for body in each] == bodies
    for each in found:
        assert 1 <= len(each) <= most
        assert len(each) == 1 or sum(map(len, each)) + 64 * len(each) <= 500


class _Owner:
    left = 0


def test_one_page_may_hold_changes_of_several_tables_and_what_is_cleared_is_not_sent() -> None:
    box, target, page = WorkerOutbox(MOST, MOST), FakeTarget(), _Owner()
    box.change("A", [(b"1", b"a1", False, "here"), (b"1", b"a2", False, "there")], page)
    box.change("B", [(b"1", b"", True, "there")], page)
    assert page.left == 2
    sent, _ = box.next(target, 0.0)
    assert sent is not None
    assert [(write.table, write.body, write.provenance) for write in sent.writes] == [
        ("A", b"a2", "there"),
        ("B", b"", "there"),
    ]
    box.change("A", [(b"1", b"a3", False, "there"), (b"2", b"a4", False, "there")], page)
    box.clear()
    assert page.left == 2
    assert box.next(target, 0.0)[0] is None
    box.change("A", [(b"1", b"a5", False, "there")], page)
    assert box.next(target, 0.0)[0] is None  # a2 is still in flight
    box.landed(sent.writes)
    following, _ = box.next(target, 1.0)
    assert following is not None
    assert [write.body for write in following.writes] == [b"a5"]
    assert page.left == 1
