from __future__ import annotations

import threading
import time
from typing import Dict, List, Optional

import pytest

from connectors.base.errors import TransientError
from connectors.engine.reader.reader_shard import Emission, ReaderShard
from connectors.engine.reader.tally import ENTRY
from connectors.model.orders import NoticeOrder, Order, SegmentOrder
from connectors.model.records import LookupKeys, Part, SegmentDone
from tests.fakes.prefetch import ManualPrefetch
from tests.fakes.splits import FakeOpener, Step, batch

LANES = 2
STEP_BYTES = 4 << 20


def segment(number: int, total: int = 3) -> SegmentOrder:
    return SegmentOrder("t", 1, [("pk", "S")], number, total, number, total)


class Rig:
    def __init__(self, at_once: int = 2) -> None:
        self.opener, self._at_once = FakeOpener(), at_once
        self.state: Dict[str, bytes] = {}
        self.start()

    def start(self) -> None:
        """Also a restart: from what is in state."""
        self.prefetch = ManualPrefetch()
        saved = list(self.state.items())
        self.slot = ReaderShard(7, LANES, self.opener, self.prefetch, self._at_once, saved)

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
        """What so many steps send to a lane, or to all of them."""
        found: List[Part] = []
        for _ in range(steps):
            for number, parts in sorted(self.step().parts.items()):
                found += parts if lane in (None, number) else []
        return found

    def keys(self, steps: int = 12) -> List[str]:
        loads = [part for part in self.parts(steps) if isinstance(part, LookupKeys)]
        return [key.decode() for load in loads for key in load.keys]

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
        assert all(isinstance(part, LookupKeys) for part in sent[:-1])
    assert rig.unread() == []
    assert rig.opener.names() == [("t/1/segment 1 of 3", True)]


def test_a_segment_whose_last_page_is_empty_still_ends(rig: Rig) -> None:
    rig.steps(0, batch("a"), batch(done=True))
    rig.take(segment(0))
    assert SegmentDone("t", 1, 0, 3) in rig.parts()


def test_after_a_restart_a_segment_continues_after_what_was_emitted(rig: Rig) -> None:
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


def test_a_step_emits_about_so_much_and_says_that_there_is_more() -> None:
    rig = Rig(at_once=20)
    for number in range(20):
        rig.steps(number, batch(f"k{number}", size=STEP_BYTES // 2), batch("later"))
    rig.take(*[segment(number, 20) for number in range(20)])
    rig.step()
    emission = rig.step()
    assert STEP_BYTES <= emission.size < 2 * STEP_BYTES
    assert emission.more
    assert emission.read == {"t": 2}


def test_where_room_is_short_every_split_gets_its_turn() -> None:
    """Each has far more to give than a step may take."""
    rig = Rig(at_once=6)
    for number in range(6):
        rig.steps(number, *[batch(f"s{number}", size=STEP_BYTES)] * 50)
    rig.take(*[segment(number, 6) for number in range(6)])
    keys = rig.keys(31)
    assert {keys.count(f"s{number}") for number in range(6)} == {5}


def test_what_a_fetch_raised_is_raised(rig: Rig) -> None:
    rig.steps(0, TransientError("cut"))
    rig.take(segment(0))
    rig.step()
    with pytest.raises(TransientError, match="cut"):
        rig.step()


def test_a_notice_is_not_the_slots_business(rig: Rig) -> None:
    rig.take(NoticeOrder("plan"))
    assert rig.state == {}


def test_closing_closes_every_split_and_the_threads(rig: Rig) -> None:
    rig.take(segment(0), segment(1))
    rig.step()
    rig.slot.close()
    assert rig.opener.names()
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


def test_a_wait_for_a_fetch_under_way_is_bounded(rig: Rig) -> None:
    rig.take(segment(0))
    rig.slot.step(STEP_BYTES)
    began = time.monotonic()
    rig.slot.wait(0.05)
    assert time.monotonic() - began >= 0.04
