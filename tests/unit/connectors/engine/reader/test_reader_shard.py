from __future__ import annotations

import threading
import time
from typing import Dict, List, Optional

import pytest

from connectors.base.errors import GapError, TransientError
from connectors.dynamodb.streams.gap import RETENTION
from connectors.engine.enumerator.observations import Trimmed
from connectors.engine.reader.reader_shard import GAP_PATIENCE_SECONDS, Emission, ReaderShard
from connectors.engine.reader.stream_reading import ShardCounts
from connectors.engine.reader.tally import ENTRY
from connectors.model.assignment import Assignment
from connectors.model.lane_batch import LaneBatch, ReadKind
from connectors.model.orders import DropOrder, NoticeOrder, Order, SegmentOrder, StreamOrder
from connectors.model.records import Heartbeat, Part, SegmentDone
from tests.fakes.clock import FakeClock
from tests.fakes.prefetch import ManualPrefetch
from tests.fakes.splits import FakeOpener, Step, batch

LANES = 2
T0 = 1_700_000_000.0
STEP_BYTES = 4 << 20
P, A, B = Assignment("p", None, "p", "1"), Assignment("a", "p", "p", "2"), Assignment("b", "p", "p", "3")


def segment(number: int, total: int = 3, generation: int = 1, table: str = "t") -> SegmentOrder:
    return SegmentOrder(table, generation, [("pk", "S")], number, total, number, total)


def shards(*assign: Assignment, generation: int = 1, **more: object) -> StreamOrder:
    order = StreamOrder("t", generation, [("pk", "S")], "arn", T0 - 100, T0 - 400, list(assign))
    for name, value in more.items():
        setattr(order, name, value)
    return order


class Rig:
    def __init__(self, park: bool = True) -> None:
        self.opener, self.clock = FakeOpener(), FakeClock(T0)
        self.state: Dict[str, bytes] = {}
        self.gaps: List[Trimmed] = []
        self._park = park
        self.start()

    def start(self) -> None:
        """Also a restart: from what is in state."""
        self.prefetch = ManualPrefetch()
        on_gap = self.gaps.append if self._park else None
        self.slot = ReaderShard(
            7, LANES, self.opener, self.prefetch, 2, list(self.state.items()), self.clock, on_gap, self.opener
        )

    def steps(self, name: object, *steps: Step) -> None:
        self.opener.steps[name] = list(steps)  # type: ignore[index]

    def take(self, *orders: Order) -> None:
        for order in orders:
            self._keep(self.slot.take(order))

    def unread(self) -> List[str]:
        """State entries but for the counts, which stay."""
        return sorted(name for name in self.state if not name.startswith(ENTRY))

    def step(self) -> Emission:
        emission = self.slot.step(STEP_BYTES)
        self._keep(emission.changed)
        self.prefetch.run()
        return emission

    def parts(self, steps: int = 12, lane: Optional[int] = None) -> List[Part]:
        """What so many steps send to a lane, or to all of them, without heartbeats."""
        found: List[Part] = []
        for _ in range(steps):
            for number, parts in sorted(self.step().parts.items()):
                found += parts if lane in (None, number) else []
        return [part for part in found if not isinstance(part, Heartbeat)]

    def keys(self, steps: int = 12) -> List[str]:
        loads = [part for part in self.parts(steps) if isinstance(part, LaneBatch)]
        return [body.decode() for one in loads for body in one.bodies]

    def _keep(self, changed: object) -> None:
        self.state.update(changed.puts)  # type: ignore[attr-defined]
        for name in changed.removes:  # type: ignore[attr-defined]
            self.state.pop(name, None)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_a_segment_is_emitted_and_its_end_goes_to_every_lane_behind_its_items(rig: Rig) -> None:
    rig.steps(1, batch("a", "b", "c"), batch(), batch("d", done=True))
    rig.take(segment(1))
    parts: Dict[int, List[Part]] = {lane: [] for lane in range(LANES)}
    for _ in range(6):
        for lane, sent in rig.step().parts.items():
            parts[lane] += sent
    for sent in parts.values():
        assert sent[-1] == SegmentDone("t", 1, 1, 3)
        assert all(isinstance(part, LaneBatch) for part in sent[:-1])
    assert rig.unread() == []
    assert rig.opener.names() == [("t/1/segment 1 of 3", True)]


def test_a_segment_whose_last_page_is_empty_still_ends(rig: Rig) -> None:
    rig.steps(0, batch("a"), batch(done=True))
    rig.take(segment(0))
    assert SegmentDone("t", 1, 0, 3) in rig.parts()


def test_after_a_restart_a_segment_goes_on_behind_what_was_emitted(rig: Rig) -> None:
    rig.steps(0, batch("a"), batch("b"), batch("c", done=True))
    rig.take(segment(0))
    rig.step()
    assert rig.keys(1) == ["a"]
    rig.start()
    assert rig.keys() == ["b", "c"]
    assert rig.unread() == []


def test_so_many_segments_are_read_at_once_and_no_more(rig: Rig) -> None:
    for number in range(3):
        rig.steps(number, batch(str(number)), batch(f"end of {number}", done=True))
    rig.take(*[segment(number) for number in range(3)])
    rig.step()
    assert [name for name, _ in rig.opener.names()] == ["t/1/segment 0 of 3", "t/1/segment 1 of 3"]
    assert sorted(rig.keys()) == ["0", "1", "2", "end of 0", "end of 1", "end of 2"]


def test_children_are_read_after_their_parents_last_record_is_emitted(rig: Rig) -> None:
    for name, assignment in (("p", P), ("a", A), ("b", B)):
        end = {"done": True, "kind": ReadKind.STREAM}
        rig.steps(assignment.shard_id, batch(f"{name}1", kind=ReadKind.STREAM), batch(f"{name}2", **end))
    rig.take(shards(P, A, B))
    assert [name for name, _ in rig.opener.names()] == ["t/1/p"]
    keys = rig.keys()
    assert keys[:2] == ["p1", "p2"]
    assert sorted(keys[2:]) == ["a1", "a2", "b1", "b2"]


def test_shards_are_counted_by_what_is_being_done_about_them_also_after_a_restart(rig: Rig) -> None:
    rig.steps("p", batch("p1", done=True))
    rig.steps("a", batch("a1"))
    rig.steps("b", batch("b1"))
    rig.take(shards(P, A, B))
    assert rig.slot.shards == {"t": ShardCounts(waiting=2, reading=1, done=0)}
    rig.keys()
    assert rig.slot.shards == {"t": ShardCounts(waiting=0, reading=2, done=1)}
    rig.start()
    assert rig.slot.shards == {"t": ShardCounts(waiting=0, reading=2, done=1)}


def test_a_restart_in_the_middle_of_a_family_reads_each_record_once_and_in_order(rig: Rig) -> None:
    for name in ("p", "a"):
        rig.steps(name, batch(f"{name}1"), batch(f"{name}2", done=True))
    rig.take(shards(P, A))
    keys: List[str] = []
    for _ in range(12):
        keys += rig.keys(2)
        rig.start()
    assert keys == ["p1", "p2", "a1", "a2"]


def test_children_ordered_after_their_parent_is_done_are_read(rig: Rig) -> None:
    rig.steps("p", batch("p1", done=True))
    rig.steps("a", batch("a1"))
    rig.take(shards(P))
    assert rig.keys() == ["p1"]
    rig.start()
    rig.take(shards(A))
    assert rig.keys() == ["a1"]


def test_a_forgotten_shard_leaves_no_state(rig: Rig) -> None:
    rig.steps("p", batch("p1", done=True))
    rig.take(shards(P))
    rig.keys()
    before = len(rig.state["r/t/1"])
    rig.take(shards(forget=["p"]))
    assert len(rig.state["r/t/1"]) < before


def test_a_drop_ends_what_belongs_to_older_generations_of_that_table_alone(rig: Rig) -> None:
    rig.steps(0, batch("old"), batch("old too"))
    rig.steps("p", batch("old change"), batch("old change too"))
    rig.take(segment(0), segment(1), shards(P, A), segment(2, table="u"))
    rig.step()
    rig.step()
    rig.steps(2, batch("other", table="u"))
    rig.take(DropOrder("t", 2))
    assert rig.unread() == ["o/u/1/segment 2 of 3"]
    assert dict(rig.opener.names())["t/1/p"]
    rig.take(segment(1, generation=2))
    rig.steps(1, batch("new"))
    assert sorted(rig.keys()) == ["new", "other"]


def test_a_drop_gives_back_the_budget(rig: Rig) -> None:
    rig.steps("p", batch("a"), batch("b"))
    rig.take(shards(P))
    rig.step()
    assert rig.prefetch.budget._used > 0
    rig.take(DropOrder("t", 2))
    rig.prefetch.run()
    assert rig.prefetch.budget._used == 0


def test_a_step_emits_about_so_much_and_says_that_there_is_more(rig: Rig) -> None:
    for number in range(20):
        rig.steps(f"s{number}", batch(f"k{number}", size=STEP_BYTES // 2), batch("later"))
    rig.take(shards(*[Assignment(f"s{n}", None, f"s{n}", "1") for n in range(20)]))
    rig.step()
    emission = rig.step()
    assert STEP_BYTES <= emission.size < 2 * STEP_BYTES
    assert emission.more
    assert emission.read == {"t": 2}


def test_where_room_is_short_every_split_gets_its_turn(rig: Rig) -> None:
    """Each has far more to give than a step may take."""
    for number in range(6):
        rig.steps(f"s{number}", *[batch(f"s{number}", size=STEP_BYTES)] * 50)
    rig.take(shards(*[Assignment(f"s{n}", None, f"s{n}", "1") for n in range(6)]))
    keys = rig.keys(31)
    assert {keys.count(f"s{number}") for number in range(6)} == {5}


def test_what_a_fetch_raised_is_raised(rig: Rig) -> None:
    rig.steps(0, TransientError("cut"))
    rig.take(segment(0))
    rig.step()
    with pytest.raises(TransientError, match="cut"):
        rig.step()


def test_a_gap_is_raised_where_nobody_can_order_a_new_scan() -> None:
    rig = Rig(park=False)
    rig.steps("p", GapError("t", "trimmed"))
    rig.take(shards(P))
    rig.step()
    with pytest.raises(GapError, match="trimmed"):
        rig.step()


def test_a_gap_is_reported_once_and_its_shard_parked_while_others_are_read_on(rig: Rig) -> None:
    other = Assignment("q", None, "q", "1")
    rig.steps("p", batch("before"), GapError("t", "trimmed"))
    rig.steps("q", batch("1"), batch("2"), batch("3"))
    rig.take(shards(P, other))
    assert sorted(rig.keys()) == ["1", "2", "3", "before"]
    assert rig.gaps == [Trimmed("t", 1, T0 - 100, "trimmed")]


def test_a_gap_that_stays_unanswered_fails_the_job_after_all(rig: Rig) -> None:
    rig.steps("p", GapError("t", "trimmed"))
    rig.take(shards(P))
    rig.keys()
    rig.clock.now += GAP_PATIENCE_SECONDS
    rig.keys()
    rig.clock.now += 1
    with pytest.raises(GapError, match="trimmed"):
        rig.step()


def test_the_answer_to_a_gap_frees_the_slot_of_it(rig: Rig) -> None:
    rig.steps("p", GapError("t", "trimmed"))
    rig.take(shards(P))
    rig.keys()
    rig.steps("p", batch("anew"))
    rig.take(DropOrder("t", 2), shards(P, generation=2))
    rig.clock.now += GAP_PATIENCE_SECONDS + 1
    assert rig.keys() == ["anew"]


def heartbeats(emission: Emission) -> List[Heartbeat]:
    return [part for part in emission.parts.get(0, []) if isinstance(part, Heartbeat)]


def test_a_heartbeat_goes_to_every_lane_once_a_second_behind_what_was_read(rig: Rig) -> None:
    rig.steps("p", batch("a", horizon=T0 - 10))
    rig.take(shards(P))
    assert heartbeats(rig.step()) == [Heartbeat(7, T0, {"t": 100.0})]
    assert heartbeats(rig.step()) == []
    rig.clock.now += 1
    emission = rig.step()
    assert heartbeats(emission) == [Heartbeat(7, T0 + 1, {"t": 11.0})]
    assert set(emission.parts) == set(range(LANES))


def test_the_lag_is_that_of_the_shard_furthest_behind(rig: Rig) -> None:
    rig.steps("p", batch("a", horizon=T0 - 10))
    rig.steps("q", batch("b", horizon=T0 - 50))
    rig.take(shards(P, Assignment("q", None, "q", "1")))
    rig.keys(3)
    rig.clock.now = T0 + 10
    assert heartbeats(rig.step()) == [Heartbeat(7, T0 + 10, {"t": 60.0})]


def test_a_reading_that_wants_the_past_is_as_far_behind_as_a_stream_can_hold_until_it_knows(rig: Rig) -> None:
    rig.take(shards(P, skip_before=None))
    assert heartbeats(rig.step()) == [Heartbeat(7, T0, {"t": 100.0 + RETENTION})]


def test_after_its_last_stream_a_slot_tells_the_lanes_once_more(rig: Rig) -> None:
    rig.take(shards(P))
    rig.step()
    rig.take(DropOrder("t", 2))
    rig.clock.now += 1
    assert heartbeats(rig.step()) == [Heartbeat(7, T0 + 1, {})]
    rig.clock.now += 1
    assert heartbeats(rig.step()) == []


def test_a_notice_is_not_the_slots_business(rig: Rig) -> None:
    rig.take(NoticeOrder("plan"))
    assert rig.state == {}


def test_closing_closes_every_split_and_the_threads(rig: Rig) -> None:
    rig.take(segment(0), shards(P))
    rig.step()
    rig.slot.close()
    assert all(closed for _, closed in rig.opener.names())
    assert rig.prefetch.closed


def test_without_orders_a_step_does_nothing(rig: Rig) -> None:
    emission = rig.step()
    assert (emission.parts, emission.read, emission.size, emission.more) == ({}, {}, 0, False)


def test_a_wait_ends_when_something_lands(rig: Rig) -> None:
    rig.steps(0, batch("a"))
    rig.take(segment(0))
    rig.slot.step(STEP_BYTES)
    threading.Timer(0.05, rig.prefetch.run).start()
    began = time.monotonic()
    rig.slot.wait(30.0)
    assert time.monotonic() - began < 15
    assert rig.slot.step(STEP_BYTES).more


def test_a_wait_ends_when_a_fetch_has_failed(rig: Rig) -> None:
    rig.steps(0, TransientError("cut"))
    rig.take(segment(0))
    rig.slot.step(STEP_BYTES)
    rig.prefetch.run()
    rig.slot.wait(1e9)
    with pytest.raises(TransientError):
        rig.slot.step(STEP_BYTES)


def test_a_wait_lasts_until_the_next_shard_is_due_and_no_longer(rig: Rig) -> None:
    rig.take(shards(P))
    rig.slot.step(STEP_BYTES)
    rig.opener.opened[0].awake = 0.05  # the prefetch's clock stands at 0
    rig.prefetch.run()  # nothing new in it
    began = time.monotonic()
    rig.slot.wait(30.0)
    assert 0.04 < time.monotonic() - began < 15


def test_a_wait_for_a_fetch_under_way_is_bounded(rig: Rig) -> None:
    rig.take(segment(0))
    rig.slot.step(STEP_BYTES)
    began = time.monotonic()
    rig.slot.wait(0.05)
    assert time.monotonic() - began >= 0.04
