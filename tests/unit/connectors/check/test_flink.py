"""The check's operators against a fake of Flink's state and timers."""

import json

import pytest

pytest.importorskip("pyflink")

from connectors.check.convergence import ConvergenceRules
from connectors.check.flink import CheckEndFunction, CheckLaneFunction
from connectors.check.lane import CheckLane, CheckPolicy
from connectors.check.notices import decode
from connectors.engine.flink.keygroups import even_keys
from connectors.model import records
from connectors.model.records import LaneNotice
from tests.fakes.access import TwoSides, item
from tests.fakes.notices import plan
from tests.unit.connectors.check.rig import AtOnce

KEY = even_keys(1)[0]


class StubJob:
    lanes = readers = 1

    def open(self):
        return self

    def __init__(self, sides):
        self._sides = sides

    def lane(self, number, bulk, saved):
        policy = CheckPolicy(ConvergenceRules(settle=0.0, window=0.0))
        return CheckLane(number, policy, self._sides, bulk, AtOnce(), saved)


class Flink(dict):
    """The states of one key, its metrics, and the timers set."""

    def __init__(self, *entries):
        super().__init__(*entries)
        self.timers = []

    def itself(self, *_):
        return self

    get_map_state = get_metrics_group = add_group = counter = gauge = inc = timer_service = itself
    put = dict.__setitem__

    def remove(self, name):
        self.pop(name, None)

    def get_current_key(self):
        return KEY

    def register_processing_time_timer(self, at):
        self.timers.append(at)


def opened(flink, sides):
    function = CheckLaneFunction(StubJob(sides))
    function.open(flink)
    return function


def give(function, flink, parts):
    return list(function.process_element((KEY, records.encode(parts)), flink))


def fire(function, flink, most=100):
    """Until no timer is set any more."""
    told, fired = [], 0
    while fired < len(flink.timers):
        assert fired < most
        told += function.on_timer(flink.timers[fired], flink)
        fired += 1
    return told


def two_sides():
    return TwoSides({1: item(1), 2: item(2)}, {1: item(1)}, lambda: 1000.0)


def pages(sides):
    return [*sides.pages(False), *sides.pages(True)]


def words(told):
    return sorted(type(decode(text)).__name__ for text in told)


def test_a_lane_sets_one_chain_of_timers_once_it_has_work_and_ends_it_when_it_is_done():
    flink, sides = Flink(), two_sides()
    function = opened(flink, sides)
    *most, last = pages(sides)
    for parts in most:
        give(function, flink, parts)
    assert flink.timers == []
    give(function, flink, last)
    give(function, flink, [LaneNotice(plan())])
    assert len(flink.timers) == 1
    assert words(fire(function, flink)) == ["DifferenceFound", "TableChecked"]


def test_a_lane_whose_timer_the_checkpoint_lacks_resumes_when_the_plan_is_announced():
    flink, sides = Flink(), two_sides()
    function = opened(flink, sides)
    for parts in pages(sides):
        give(function, flink, parts)
    restored = Flink(flink)
    function = opened(restored, sides)
    assert list(function.on_timer(flink.timers[-1], restored)) == []
    assert words(give(function, restored, [LaneNotice(plan())])) == ["Plan"]
    assert words(fire(function, restored)) == ["DifferenceFound", "TableChecked"]


class Ending:
    def __init__(self):
        self.taken, self.closed = [], False

    def take(self, notice):
        self.taken.append(notice)
        return {"verdict": "equal"} if notice == "last" else None

    def close(self):
        self.closed = True


def test_the_end_emits_one_record_which_is_the_summary():
    ending = Ending()

    class Ends:
        def collector(self):
            return ending

    function = CheckEndFunction(Ends())
    function.open(None)
    said = [word for text in ("first", "last") for word in function.process_element(text, None)]
    function.close()
    assert [json.loads(word) for word in said] == [{"verdict": "equal"}]
    assert (ending.taken, ending.closed) == (["first", "last"], True)
