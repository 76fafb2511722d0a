"""A notice makes a lane say again which scans it has seen to their end."""

from connectors.engine.lane.lane import Lane
from connectors.model.records import LaneNotice, SegmentDone
from connectors.model.writes import WriteReport


class NoWriter:
    def write(self, writes):
        return WriteReport()

    def close(self):
        pass


def finished(outcome):
    return {table: count.finished for table, count in outcome.counts.items() if count.finished}


def lane_after(*parts):
    """A lane restored from the state of one that was given `parts`."""
    stored = {}
    lane = Lane(NoWriter())
    for part in parts:
        changed = lane.apply([part]).changed
        stored.update(changed.puts)
        for name in changed.removes:
            stored.pop(name, None)
    return Lane(NoWriter(), list(stored.items()))


def test_a_restored_lane_tells_of_the_scans_that_had_ended_and_of_no_others():
    restored = lane_after(
        SegmentDone("orders", 3, 0, 1), SegmentDone("users", 1, 0, 2), SegmentDone("users", 1, 0, 2)
    )
    outcome = restored.apply([LaneNotice("plan []")])
    assert finished(outcome) == {"orders": 3}
    assert outcome.notices == ["plan []"]
    assert not outcome.changed.puts


def test_without_a_notice_an_ended_scan_is_told_of_once():
    lane = Lane(NoWriter())
    assert finished(lane.apply([SegmentDone("orders", 1, 0, 1)])) == {"orders": 1}
    assert finished(lane.apply([SegmentDone("orders", 1, 0, 1)])) == {}
