"""How far the slot may move, by value and by property."""

from typing import Dict, List, Tuple

from hypothesis import given
from hypothesis import strategies as st

from connectors.model.records import Mark
from connectors.postgres.replication.confirmed import (
    MARK_SECONDS,
    REPEAT_SECONDS,
    ConfirmationProgress,
    LowWatermark,
)


def mark(serial, lsn=0, session="s", slot="slot"):
    return Mark(slot, session, serial, lsn or serial * 10)


def test_a_mark_counts_once_every_lane_has_it():
    watermark = LowWatermark(lanes=3)
    assert watermark.take(0, mark(1)) is None
    assert watermark.take(1, mark(2)) is None
    assert watermark.take(2, mark(2)) == mark(1)
    assert watermark.take(0, mark(2)) == mark(2)


def test_an_old_or_repeated_acknowledgement_is_no_news():
    watermark = LowWatermark(lanes=1)
    assert watermark.take(0, mark(5)) == mark(5)
    assert watermark.take(0, mark(5)) is None
    assert watermark.take(0, mark(4)) is None


def test_acknowledgements_of_two_sessions_are_never_folded_together():
    watermark = LowWatermark(lanes=2)
    watermark.take(0, mark(7, session="old"))
    assert watermark.take(1, mark(1, session="new")) is None
    assert watermark.take(0, mark(1, session="new")) == mark(1, session="new")


def test_slots_are_folded_apart():
    watermark = LowWatermark(lanes=2)
    watermark.take(0, mark(1, slot="a"))
    assert watermark.take(1, mark(1, slot="b")) is None
    assert watermark.take(1, mark(1, slot="a")) == mark(1, slot="a")


def begun(*reached):
    progress = ConfirmationProgress("slot", "s")
    for lsn in reached:
        progress.emitted()
        progress.reached(lsn)
    return progress


def test_nothing_is_confirmed_before_it_is_acknowledged():
    progress = begun(10)
    sent = progress.mark(0.0)
    assert (sent.lsn, progress.confirmed) == (10, 0)
    progress.acknowledged(sent)
    assert progress.confirmed == 10


def test_a_mark_in_the_middle_of_a_transaction_stands_at_the_commit_before_it():
    progress = begun(10)
    progress.emitted()
    first = progress.mark(0.0)
    assert first.lsn == 10
    progress.acknowledged(first)
    assert progress.confirmed == 10
    assert progress.mark(100.0) is None
    progress.reached(20)
    assert progress.confirmed == 10
    assert progress.mark(200.0).lsn == 20


def test_an_idle_slot_follows_the_log_without_a_mark():
    progress = begun()
    progress.reached(30)
    assert (progress.confirmed, progress.mark(0.0)) == (30, None)


def test_the_log_is_not_followed_while_a_mark_is_on_its_way():
    progress = begun(10)
    sent = progress.mark(0.0)
    progress.reached(30)
    assert progress.confirmed == 0
    progress.acknowledged(sent)
    assert progress.confirmed == 30


def test_marks_are_spaced_and_an_unanswered_one_is_repeated():
    progress = begun(10)
    first = progress.mark(0.0)
    progress.emitted()
    progress.reached(20)
    assert progress.mark(MARK_SECONDS / 2) is None
    second = progress.mark(MARK_SECONDS)
    assert (second.serial, second.lsn) == (first.serial + 1, 20)
    assert progress.mark(MARK_SECONDS + REPEAT_SECONDS / 2) is None
    again = progress.mark(MARK_SECONDS + REPEAT_SECONDS)
    assert (again.serial, again.lsn) == (3, 20)


def test_an_acknowledgement_of_another_session_means_nothing():
    progress = begun(10)
    progress.mark(0.0)
    progress.acknowledged(mark(1, lsn=99, session="other"))
    assert progress.confirmed == 0


class World:
    """A reader, lanes that write in their own time, and acknowledgements that may get lost or late."""

    def __init__(self, lanes: int) -> None:
        self.lanes: List[List[Tuple[str, object]]] = [[] for _ in range(lanes)]
        self.progress, self.watermark = ConfirmationProgress("slot", "s"), LowWatermark(lanes)
        self.durable: Dict[int, int] = {}
        self.waiting: Dict[int, List[int]] = {}
        self.notes: List[Mark] = []
        self.end = self.now = 0

    def change(self, lane: int) -> None:
        """A change of the transaction that is being received."""
        self.end += 1
        lane %= len(self.lanes)
        self.waiting.setdefault(lane, []).append(self.end)
        self.lanes[lane].append(("change", self.end))
        self.progress.emitted()

    def commit(self) -> None:
        self.end += 1
        self.progress.reached(self.end)

    def mark(self) -> None:
        self.now += 1
        sent = self.progress.mark(float(self.now))
        if sent is not None:
            for lane in self.lanes:
                lane.append(("mark", sent))

    def write(self, lane: int) -> None:
        lane %= len(self.lanes)
        if self.lanes[lane]:
            kind, what = self.lanes[lane].pop(0)
            if kind == "change":
                self.waiting[lane].remove(what)
            else:
                told = self.watermark.take(lane, what)
                if told is not None:
                    self.notes.append(told)

    def hear(self, lost: bool) -> None:
        if self.notes:
            note = self.notes.pop(0)
            if not lost:
                self.progress.acknowledged(note)

    def check(self) -> None:
        undurable = [lsn for lane in self.waiting.values() for lsn in lane]
        assert self.progress.confirmed < min(undurable, default=self.end + 1)


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["change", "commit", "mark", "write", "hear", "lose"]), st.integers(0, 7)),
    max_size=120,
)


@given(ACTIONS, st.integers(1, 4))
def test_the_slot_never_passes_what_is_not_durable_and_reaches_the_end_in_the_end(actions, lanes):
    world = World(lanes)
    for action, lane in actions:
        if action in ("change", "write"):
            getattr(world, action)(lane)
        elif action in ("hear", "lose"):
            world.hear(lost=action == "lose")
        else:
            getattr(world, action)()
        world.check()
    world.commit()
    for _ in range(int(REPEAT_SECONDS) + 3):
        world.mark()
        for lane in range(lanes):
            while world.lanes[lane]:
                world.write(lane)
        while world.notes:
            world.hear(lost=False)
        world.check()
    assert world.progress.confirmed == world.end
