from __future__ import annotations

from connectors.dynamodb.streams.position import ShardPosition
from connectors.dynamodb.streams.shard_set import Ended, Ready, ShardSet, ready
from connectors.model.assignment import Assignment
from tests.fakes.state import restored, saved

P = Assignment("p", None, "p", "1")
A, B = Assignment("a", "p", "p", "2"), Assignment("b", "p", "p", "3")
AA = Assignment("aa", "a", "p", "4")
AT_90 = ShardPosition("9", 90.0, 80.0).encode()


def again(slot: ShardSet) -> ShardSet:
    return restored(ShardSet, saved(slot))


def test_a_child_waits_for_its_parent_and_a_stranger_does_not() -> None:
    assert ready({"a": A, "p": P}, {"a", "p"}) == [P]
    assert ready({"a": A}, {"a"}) == [A]


def test_only_the_top_of_a_family_is_started_at_first() -> None:
    slot = ShardSet()
    assert slot.assign([P, A, B, AA]) == [Ready(P, 0.0)]
    assert list(again(slot).reading) == ["p"]


def test_children_start_when_their_parent_is_done_knowing_how_far_it_reached() -> None:
    slot = ShardSet()
    slot.assign([P, A, B, AA])
    slot = again(slot)
    assert slot.finish("p", AT_90) == [Ready(A, 90.0), Ready(B, 90.0)]
    assert again(slot).finish("a", ShardPosition("19", 95.0).encode()) == [Ready(AA, 95.0)]


def test_a_shard_without_records_hands_on_how_far_its_forebears_reached() -> None:
    slot = ShardSet()
    slot.assign([P, A, AA])
    slot.finish("p", AT_90)
    assert again(slot).finish("a", ShardPosition().encode()) == [Ready(AA, 90.0)]


def test_a_child_assigned_after_its_parent_is_done_starts_at_once() -> None:
    slot = ShardSet()
    slot.assign([P])
    slot.finish("p", ShardPosition("9", 80.0, 95.0).encode())
    assert again(slot).assign([A]) == [Ready(A, 95.0)]


def test_an_assignment_that_comes_twice_changes_nothing() -> None:
    slot = ShardSet()
    slot.assign([P, A])
    before = saved(slot)
    assert slot.assign([P, A]) == []
    assert saved(slot) == before
    slot.finish("p", AT_90)
    slot.finish("a", AT_90)
    assert slot.assign([P, A]) == []
    assert not slot.reading


def test_an_ended_shard_is_kept_with_its_position_to_be_read_again() -> None:
    slot = ShardSet()
    slot.assign([P, A])
    slot.finish("p", AT_90)
    assert again(slot).recent == {"p": Ended(Ready(P, 0.0), AT_90)}


def test_forgetting_a_done_shard_frees_its_place() -> None:
    slot = ShardSet()
    slot.assign([P])
    slot.finish("p", AT_90)
    slot.forget(["p", "of another slot"])
    assert (slot.waiting, slot.reading, slot.done, slot.forgotten) == ({}, {}, {}, set())


def test_forgetting_a_shard_still_to_be_read_never_unblocks_its_children() -> None:
    slot = ShardSet()
    slot.assign([P, A, AA])
    slot.forget(["p", "a"])
    slot = again(slot)
    assert list(slot.reading) == ["p"]
    assert slot.finish("p", AT_90) == [Ready(A, 90.0)]
    assert slot.finish("a", AT_90) == [Ready(AA, 90.0)]
    assert slot.done == {}
    assert slot.forgotten == set()
