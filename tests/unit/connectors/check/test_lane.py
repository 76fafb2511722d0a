"""A lane of the check: it reports lasting differences and nothing else, whatever happens during the check."""

from __future__ import annotations

import json
from typing import Dict, List

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.check import notices
from connectors.check.lane import CheckPolicy
from connectors.check.report.difference import DifferenceKind
from connectors.check.table import CheckPhase
from connectors.model.records import LookupKeys
from tests.fakes.access import SCHEMA, Items, body, item
from tests.harness.depth import examples
from tests.unit.connectors.check.rig import RULES, Rig

VALUES = [{"S": "a"}, {"S": "b"}, {"N": "1"}, {"N": "1.0"}, {"SS": ["a", "b"]}, {"SS": ["b", "a"]}]
sides = st.dictionaries(st.integers(0, 30), st.sampled_from(VALUES), max_size=25).map(
    lambda values: {number: item(number, v=value) for number, value in values.items()}
)


def alike(one: Dict[str, object], other: Dict[str, object]) -> bool:
    same = [({"N": "1"}, {"N": "1.0"}), ({"SS": ["a", "b"]}, {"SS": ["b", "a"]})]
    pair = (one["v"], other["v"])
    return pair[0] == pair[1] or pair in same or pair[::-1] in same


def kinds(source: Items, target: Items) -> Dict[int, DifferenceKind]:
    found = {number: DifferenceKind.MISSING for number in source if number not in target}
    found.update({number: DifferenceKind.EXTRA for number in target if number not in source})
    both = [number for number in source if number in target]
    found.update({n: DifferenceKind.DIFFERENT for n in both if not alike(source[n], target[n])})
    return found


@settings(max_examples=examples(50))
@given(sides, sides)
def test_differences_are_reported_with_their_kind_and_all_other_keys_count_as_equal(
    source: Items, target: Items
) -> None:
    rig = Rig(source, target)
    rig.scan()
    rig.run()
    assert rig.done
    assert {number: line.kind for number, line in rig.reported.items()} == kinds(source, target)
    assert rig.counts.equal == len({*source, *target}) - len(rig.reported)
    assert (rig.counts.source_items, rig.counts.target_items) == (len(source), len(target))


LOGS = [100, 1 << 20]
"""Bytes of fingerprints that make a chunk."""


@pytest.mark.parametrize("log", LOGS)
@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(source=sides, target=sides, kills=st.lists(st.integers(1, 100), max_size=4))
def test_a_lane_may_be_killed_between_any_two_steps(
    source: Items, target: Items, kills: list, log: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.check.chunks.LOG_BYTES", log)
    rig = Rig(source, target)
    rig.scan()
    for steps in kills:
        for _ in range(steps):
            rig.step()
        rig.told.clear()
        rig.begin()
        rig.announce()
    rig.run()
    assert rig.done
    assert {number: line.kind for number, line in rig.reported.items()} == kinds(source, target)


@pytest.mark.parametrize("log", LOGS)
@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(source=sides, target=sides, data=st.data())
def test_a_lane_may_be_killed_between_any_two_pages(
    source: Items, target: Items, data: st.DataObject, log: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.check.chunks.LOG_BYTES", log)
    rig = Rig(source, target)
    for of_target in (False, True):
        for parts in rig.sides.pages(of_target, 5):
            rig.apply(parts)
            if data.draw(st.booleans()):
                rig.begin()
    rig.announce()
    rig.run()
    assert {number: line.kind for number, line in rig.reported.items()} == kinds(source, target)


@pytest.mark.parametrize("log", LOGS)
def test_after_the_join_no_matching_fingerprints_are_kept(log: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.check.chunks.LOG_BYTES", log)
    numbers = range(500)
    rig = Rig({n: item(n) for n in numbers}, {n: item(n) for n in numbers})
    rig.scan()
    assert rig.bulk.entries
    rig.run()
    assert not rig.bulk.entries
    assert rig.counts.equal == 500
    assert rig.sides.looked == 0


def test_a_change_that_arrives_late_is_settled_and_not_reported() -> None:
    rig = Rig({1: item(1, v={"S": "new"})}, {1: item(1, v={"S": "old"})})
    rig.scan()

    def replicate() -> None:
        if rig.now > 1010:
            rig.sides.target[1] = rig.sides.source[1]

    rig.sides.before_look = replicate
    rig.run()
    assert (rig.reported, rig.counts.settled) == ({}, 1)
    assert rig.counts.lag is not None
    assert 5 < rig.counts.lag < 30


def test_a_key_that_no_longer_exists_on_either_side_is_not_a_difference() -> None:
    rig = Rig({1: item(1)}, {})
    rig.scan()
    del rig.sides.source[1]
    rig.run()
    assert (rig.reported, rig.counts.gone) == ({}, 1)


def test_an_item_that_only_the_target_has_lost_since_its_scan_is_missing() -> None:
    rig = Rig({1: item(1, v={"S": "a"})}, {1: item(1, v={"S": "b"})})
    rig.scan()
    del rig.sides.target[1]
    rig.run()
    assert rig.reported[1].kind is DifferenceKind.MISSING


def test_confirmed_differences_are_reported_again_on_request() -> None:
    rig = Rig({1: item(1)}, {})
    rig.scan()
    rig.run()
    told = list(rig.told)
    rig.told.clear()
    rig.begin()
    rig.announce()
    assert rig.told[1:] == told
    assert rig.lane.pause() is None


def test_suspects_beyond_the_maximum_are_counted_and_not_read_again() -> None:
    rig = Rig({n: item(n) for n in range(50)}, {}, CheckPolicy(RULES, most=10))
    rig.scan()
    rig.run()
    assert (len(rig.reported), rig.counts.unexamined) == (10, 40)


def test_a_chosen_key_that_is_equal_at_once_was_never_in_flight() -> None:
    rig = Rig({1: item(1), 2: item(2)}, {1: item(1)})
    keys = [body(item(number)) for number in (1, 2, 2, 9)]
    rig.apply([LookupKeys("t", SCHEMA, False, 0.0, keys)])
    from connectors.model.records import SegmentDone

    rig.apply([SegmentDone("t", 1, 0, 1)])
    rig.run()
    assert set(rig.reported) == {2}
    assert (rig.counts.equal, rig.counts.settled, rig.counts.gone) == (2, 0, 0)


def test_a_key_of_both_sides_samples_counts_once_however_late_the_second_comes() -> None:
    rig = Rig({1: item(1)}, {1: item(1)})
    for of_target in (False, True):
        rig.apply([LookupKeys("t", SCHEMA, of_target, 0.0, [body(item(1))])])
        for _ in range(3):
            rig.step()
    assert rig.counts.equal == 1


def test_an_error_of_a_read_is_raised_by_the_next_step() -> None:
    rig = Rig({1: item(1)}, {})
    rig.scan()

    def fail() -> None:
        raise OSError("cut")

    rig.sides.before_look = fail
    with pytest.raises(OSError, match="cut"):
        rig.run()


def test_a_lane_without_records_sets_no_timer() -> None:
    assert Rig({}, {}).lane.pause() is None


def test_a_lane_sets_no_timer_during_a_scan() -> None:
    rig = Rig({1: item(1)}, {})
    rig.apply(rig.sides.pages(False)[0])
    assert rig.lane.pause() is None
    assert rig.lane.tables["t"].progress.phase is CheckPhase.SCANNING


def test_a_key_that_the_target_cannot_answer_for_is_missing_with_the_reason() -> None:
    same = {number: item(number) for number in range(3)}
    rig = Rig(same, {number: item(number) for number in range(2)})
    rig.sides.unanswered[2] = "BatchGetItem: InternalServerError"
    rig.scan()
    rig.run()
    assert rig.done
    (line,) = rig.reported.values()
    assert (line.kind, line.reason) == (DifferenceKind.MISSING, "BatchGetItem: InternalServerError")
    assert (rig.counts.missing, rig.counts.equal) == (1, 2)


def test_a_key_that_is_answered_again_while_it_is_watched_is_settled() -> None:
    rig = Rig({1: item(1)}, {1: item(1, v={"S": "older"})})
    rig.sides.unanswered[1] = "BatchGetItem: InternalServerError"
    rig.scan()

    def recover() -> None:
        if rig.now > 1010:
            rig.sides.unanswered.clear()
            rig.sides.target[1] = item(1)

    rig.sides.before_look = recover
    rig.run()
    assert (rig.reported, rig.counts.settled) == ({}, 1)


def test_an_extra_item_that_the_target_cannot_answer_for_is_not_taken_for_gone() -> None:
    rig = Rig({}, {1: item(1)})
    rig.sides.unanswered[1] = "BatchGetItem: InternalServerError"
    rig.scan()
    rig.run()
    (line,) = rig.reported.values()
    assert (line.kind, line.reason) == (DifferenceKind.EXTRA, "BatchGetItem: InternalServerError")
    assert (rig.counts.extra, rig.counts.missing, rig.counts.gone) == (1, 0, 0)


@pytest.mark.parametrize("step", [120.0, -3600.0, 3600.0, -120.0])
def test_a_step_of_the_wall_clock_neither_hurries_nor_delays_a_verdict(step: float) -> None:
    """A step forward must not count as time that a difference has lasted, nor one back as time to wait."""
    rig = Rig({1: item(1, v={"S": "new"}), 2: item(2)}, {1: item(1, v={"S": "old"})})
    rig.scan()

    def step_clock() -> None:
        if rig.sides.looked == 3:
            rig.wall_ahead += step
        if rig.now > 1010:  # replication catches up with one of them
            rig.sides.target[1] = rig.sides.source[1]

    rig.sides.before_look = step_clock
    rig.run()
    assert {number: line.kind for number, line in rig.reported.items()} == {2: DifferenceKind.MISSING}
    assert 1000 + RULES.settle <= rig.now <= 1000 + 2 * RULES.settle


def test_the_report_shows_the_time_of_the_wall_clock() -> None:
    rig = Rig({1: item(1)}, {})
    rig.scan()
    rig.run()
    assert rig.reported[1].first_seen.startswith("2026-11-30T")


@pytest.mark.parametrize("clock", [5.0, 1e9])
def test_what_stood_before_a_crash_must_stand_again_in_a_process_with_another_clock(clock: float) -> None:
    """Looks of another machine's clock would make a fresh difference look as if it had stood for years, or
    one that stands look as if it lay in the future."""
    rig = Rig({1: item(1)}, {})
    rig.scan()
    while rig.now < 1000 + RULES.settle / 2:
        rig.step()
    rig.now = clock
    rig.begin()
    rig.run()
    assert set(rig.reported) == {1}
    assert clock + RULES.settle <= rig.now <= clock + RULES.settle + 2 * RULES.window


def test_a_key_is_looked_at_with_growing_pauses_and_not_at_every_step() -> None:
    """Each look is a read that costs money, and many at once would slow the application down."""
    rig = Rig({1: item(1)}, {})
    rig.scan()
    rig.run()
    assert rig.sides.looked <= 14


def test_a_key_that_only_follows_is_named_for_the_next_generation_also_after_a_restart() -> None:
    """It was settled without being found equal, so a check of the changes must compare it again."""
    rig = Rig({1: item(1), 2: item(2)}, {1: item(1, v={"N": "-1"}), 2: item(2)})
    rig.scan()

    def change() -> None:
        rig.sides.target[1], rig.sides.source[1] = (
            rig.sides.source[1],
            item(1, v={"N": str(rig.sides.looked)}),
        )

    rig.sides.before_look = change
    rig.run()
    assert (rig.counts.following, rig.counts.different) == (1, 0)
    assert followers(rig) == [1]
    rig.told.clear()
    rig.begin()
    rig.announce()
    assert followers(rig) == [1]
    looked = rig.sides.looked
    rig.run()
    assert rig.sides.looked == looked, "it is not watched again"


def followers(rig: Rig) -> List[int]:
    found = map(notices.decode, rig.told)
    return [
        int(json.loads(bytes(each.key))["id"]["N"]) for each in found if isinstance(each, notices.KeyFollows)
    ]
