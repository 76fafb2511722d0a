from __future__ import annotations

from typing import Dict, List, Optional

import pytest

from connectors.base.errors import TransientError
from connectors.engine.lane.lane import Lane, LaneOutcome
from connectors.model import records
from connectors.model.lane_batch import LaneBatch, ReadKind
from connectors.model.records import Heartbeat, LaneNotice, Part, SegmentDone
from tests.fakes.writer import FakeWriter


def entries(kind: ReadKind, generation: int, *keys: str, value: str, table: str) -> LaneBatch:
    """A key that begins with `-` is deleted."""
    names = [key.lstrip("-") for key in keys]
    bodies = [name if key.startswith("-") else f"{name}={value}" for key, name in zip(keys, names)]
    return LaneBatch(
        kind,
        table,
        generation,
        f"{kind.value} {generation}",
        [name.encode().ljust(16, b".") for name in names],
        [body.encode() for body in bodies],
        [key.startswith("-") for key in keys],
    )


def scan(*keys: str, generation: int = 1, value: str = "scanned", table: str = "t") -> LaneBatch:
    return entries(ReadKind.SCAN, generation, *keys, value=value, table=table)


def stream(*keys: str, generation: int = 1, value: str = "streamed", table: str = "t") -> LaneBatch:
    return entries(ReadKind.STREAM, generation, *keys, value=value, table=table)


def done(part: int, parts: int = 2, generation: int = 1, table: str = "t") -> SegmentDone:
    return SegmentDone(table, generation, part, parts)


class Rig:
    def __init__(self) -> None:
        self.writer = FakeWriter(lambda body: body.decode().split("=")[0])
        self.state: Dict[str, bytes] = {}
        self.lane = Lane(self.writer)

    def apply(self, *parts: Part) -> LaneOutcome:
        outcome = self.lane.apply(records.decode(records.encode(list(parts))))
        self.state.update(outcome.changed.puts)
        for name in outcome.changed.removes:
            self.state.pop(name, None)
        return outcome

    def restart(self) -> None:
        self.lane = Lane(self.writer, list(self.state.items()))

    def items(self, table: str = "t") -> List[str]:
        return sorted(body.decode() for (name, _), body in self.writer.items.items() if name == table)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_a_scanned_item_that_the_stream_has_overtaken_is_dropped(rig: Rig) -> None:
    rig.apply(stream("a"))
    outcome = rig.apply(scan("a", "b"))
    assert rig.items() == ["a=streamed", "b=scanned"]
    count = outcome.counts["t"]
    assert (count.scanned, count.dropped, count.written) == (2, 1, 1)


def test_a_deleted_key_is_not_resurrected_by_a_late_scan_page(rig: Rig) -> None:
    rig.apply(stream("-a"))
    rig.apply(scan("a"))
    assert rig.items() == []


def test_a_sweep_does_not_delete_a_key_that_was_inserted_again(rig: Rig) -> None:
    rig.apply(stream("a", generation=2))
    rig.apply(scan("-a", "-b", generation=2))
    assert rig.items() == ["a=streamed"]


def test_touched_keys_outlive_a_restart(rig: Rig) -> None:
    rig.apply(stream("a", "b"), done(0))
    rig.restart()
    rig.apply(scan("a", "b", "c"))
    assert rig.items() == ["a=streamed", "b=streamed", "c=scanned"]


def test_touched_keys_are_forgotten_with_the_last_segment_and_not_before(rig: Rig) -> None:
    rig.apply(stream("a"))
    assert rig.apply(done(0), done(0)).counts["t"].finished == 0
    rig.apply(scan("a"))
    assert rig.items() == ["a=streamed"]
    assert rig.apply(done(1)).counts["t"].finished == 1
    assert sorted(rig.state) == ["p/t"]
    rig.apply(stream("z"))
    assert sorted(rig.state) == ["p/t"]


def test_the_end_of_a_scan_is_told_once_even_over_a_restart(rig: Rig) -> None:
    rig.apply(done(0))
    rig.restart()
    assert rig.apply(done(1)).counts["t"].finished == 1
    assert "t" not in rig.apply(done(1)).counts


def test_what_an_older_generation_still_brings_is_dropped(rig: Rig) -> None:
    rig.apply(stream("a", generation=2, value="new"))
    outcome = rig.apply(stream("a", "b"), scan("c"), done(0, 1))
    assert rig.items() == ["a=new"]
    assert outcome.counts["t"].dropped == 3
    assert outcome.counts["t"].finished == 0


def test_a_new_generation_begins_with_no_touched_keys_in_memory_or_in_state(rig: Rig) -> None:
    rig.apply(stream("a", value="lost its later change"))
    rig.apply(scan("a", generation=2, value="of the new scan"))
    assert rig.items() == ["a=of the new scan"]
    assert sorted(rig.state) == ["p/t"]


def test_a_segment_that_is_done_can_be_the_first_word_of_a_new_generation(rig: Rig) -> None:
    rig.apply(stream("a"), done(0, 1, generation=2))
    assert sorted(rig.state) == ["p/t"]
    rig.restart()
    rig.apply(stream("a", value="stale"))
    assert rig.items() == ["a=streamed"]


def test_without_a_scan_nothing_is_remembered(rig: Rig) -> None:
    rig.apply(stream("a", generation=0))
    assert rig.state == {}
    assert rig.items() == ["a=streamed"]


def test_tables_do_not_disturb_each_other(rig: Rig) -> None:
    rig.apply(stream("a"), done(0, 1, table="u"))
    rig.apply(scan("a"), scan("a", table="u"))
    assert (rig.items("t"), rig.items("u")) == (["a=streamed"], ["a=scanned"])


def test_a_record_is_one_write_and_a_record_without_items_is_none(rig: Rig) -> None:
    rig.apply(scan("a", "b"), stream("a"), scan("c", table="u"))
    rig.apply(done(0), Heartbeat(0, 0.0, {}), LaneNotice("x"))
    assert [sorted(write.body for write in call) for call in rig.writer.calls] == [
        [b"a=streamed", b"b=scanned", b"c=scanned"]
    ]


def test_the_writers_fault_is_raised(rig: Rig) -> None:
    rig.writer.fault = TransientError("down")
    with pytest.raises(TransientError, match="down"):
        rig.apply(scan("a"))


def test_notices_are_passed_on_and_close_closes_the_writer(rig: Rig) -> None:
    assert rig.apply(LaneNotice("plan"), LaneNotice("two")).notices == ["plan", "two"]
    rig.lane.close()
    assert rig.writer.closed


@pytest.mark.parametrize(("now", "expected"), [(100.0, 5.0), (103.0, 8.0), (90.0, 5.0)])
def test_the_lag_is_the_worst_of_all_slots_and_ages_with_the_heartbeat(
    rig: Rig, now: float, expected: Optional[float]
) -> None:
    rig.apply(Heartbeat(0, 100.0, {"t": 1.0}), Heartbeat(1, 100.0, {"t": 5.0, "u": 50.0}))
    assert rig.lane.lag("t", now) == expected


def test_a_slot_that_reads_a_table_no_more_counts_no_more(rig: Rig) -> None:
    rig.apply(Heartbeat(0, 100.0, {"t": 1.0}), Heartbeat(1, 100.0, {"t": 500.0}))
    rig.apply(Heartbeat(1, 101.0, {}))
    assert rig.lane.lag("t", 101.0) == 2.0


def test_a_table_of_which_no_heartbeat_told_has_no_lag_to_show(rig: Rig) -> None:
    rig.apply(stream("a", table="t"), Heartbeat(0, 1.0, {"u": 3.0}))
    assert rig.lane.tables() == ["u"]
