from __future__ import annotations

from connectors.dynamodb.streams.lineage import CONFIRMATIONS, Lineage
from connectors.model.assignment import Assignment
from tests.unit.connectors.dynamodb.streams.listings import START, closed, families, feed, ids, opened


def test_every_shard_open_at_the_first_listing_is_assigned_as_a_root_of_its_own() -> None:
    _, (seen,) = feed(Lineage(), [opened("a"), opened("b")])
    assert seen.assign == [Assignment("a", None, "a", START), Assignment("b", None, "b", START)]
    assert not seen.gaps
    assert seen.lineage.registered


def test_a_thousand_open_shards_are_all_assigned() -> None:
    _, (seen,) = feed(Lineage(), [opened(f"s{n:04d}") for n in range(1000)])
    assert len(seen.assign) == 1000


def test_a_shard_closed_before_the_start_is_not_read_and_its_open_child_is_a_root() -> None:
    _, (seen,) = feed(Lineage(), [closed("a"), opened("b", "a")])
    assert seen.assign == [Assignment("b", None, "b", START)]


def test_a_shard_with_a_child_is_closed_even_if_an_earlier_page_shows_it_open() -> None:
    _, (seen,) = feed(Lineage(), [opened("a"), opened("b", "a")])
    assert families(seen.assign) == [("b", None, "b")]


def test_a_shard_listed_on_two_pages_is_one_shard_and_closed_if_either_says_so() -> None:
    for twice in ([closed("a"), opened("a")], [opened("a"), closed("a")]):
        _, (seen,) = feed(Lineage(), [*twice, opened("b")])
        assert ids(seen.assign) == ["b"]


def test_a_stream_that_was_disabled_is_registered_with_nothing_to_read() -> None:
    _, (seen,) = feed(Lineage(), [closed("a"), closed("b", "a")])
    assert seen.lineage.registered
    assert not seen.assign


def test_reading_from_the_oldest_assigns_closed_shards_too_parents_first() -> None:
    _, (seen,) = feed(Lineage(oldest=True), [opened("a-late", "z-early"), closed("z-early")])
    assert families(seen.assign) == [("z-early", None, "z-early"), ("a-late", "z-early", "z-early")]


def test_while_a_parent_is_missing_nothing_at_all_is_assigned() -> None:
    for child in (opened("b", "trimmed"), closed("b", "trimmed")):
        _, seen = feed(Lineage(), *[[child, opened("c", "b"), opened("x")]] * CONFIRMATIONS)
        assert not any(each.assign or each.lineage.registered for each in seen[:-1])
        assert seen[-1].lineage.registered
        assert {"c", "x"} <= set(ids(seen[-1].assign))
        assert not any(each.gaps for each in seen)


def test_an_open_shard_whose_parent_was_trimmed_is_a_root_and_its_children_follow_it() -> None:
    rest = [opened("x")]
    born = [closed("b", "trimmed"), opened("c", "b"), opened("d", "b"), *rest]
    _, seen = feed(Lineage(), [opened("b", "trimmed"), *rest], *[born] * (CONFIRMATIONS - 1))
    assert families(seen[-1].assign) == [("b", None, "b"), ("c", "b", "b"), ("d", "b", "b"), ("x", None, "x")]


def test_a_parent_that_hides_for_less_than_the_confirmations_is_not_read_and_is_no_gap() -> None:
    child = opened("c", "b")
    for hides in range(1, CONFIRMATIONS):
        _, seen = feed(Lineage(), *[[child]] * hides, [closed("a"), closed("b", "a"), child])
        assert families(seen[-1].assign) == [("c", None, "c")]
        assert not seen[-1].gaps


def test_a_closed_shard_that_is_discovered_late_restarts_the_watch() -> None:
    """The hidden `b` may be the parent that `d` misses; reading both would mix old values with new ones."""
    first = [closed("a"), opened("x", "a"), opened("d", "c")]
    second = [*first, closed("b", "a")]
    _, seen = feed(Lineage(), *[first] * (CONFIRMATIONS - 1), *[second] * CONFIRMATIONS)
    assert not any(each.assign for each in seen[:-1])
    assert ids(seen[-1].assign) == ["d", "x"]


def test_the_missing_link_between_two_hidden_shards_settles_the_start() -> None:
    first = [closed("a"), opened("x", "a"), opened("d", "c")]
    _, seen = feed(Lineage(), first, [*first, closed("b", "a")], [*first, closed("b", "a"), closed("c", "b")])
    assert ids(seen[-1].assign) == ["d", "x"]


def test_an_open_shard_that_is_discovered_late_does_not_delay_the_start() -> None:
    first = [closed("a"), opened("x", "a"), opened("d", "trimmed")]
    second = [*first, opened("b", "a")]
    _, seen = feed(Lineage(), first, *[second] * (CONFIRMATIONS - 1))
    assert ids(seen[-1].assign) == ["b", "d", "x"]


def test_an_orphan_that_is_discovered_late_restarts_the_watch() -> None:
    """`x` was open when first listed, so it may be an ancestor of the late orphan."""
    first = [opened("x"), opened("d", "trimmed")]
    second = [closed("x"), opened("d", "trimmed"), opened("e", "hidden")]
    _, seen = feed(Lineage(), *[first] * (CONFIRMATIONS - 1), *[second] * CONFIRMATIONS)
    assert not any(each.assign for each in seen[:-1])
    assert ids(seen[-1].assign) == ["d", "e"]


def test_an_open_shard_that_hides_when_the_watch_begins_again_is_taken_as_it_shows_again() -> None:
    late = [opened("e", "trimmed")]
    for state in (closed("x"), opened("x")):
        _, seen = feed(Lineage(), [opened("x"), opened("d", "gone")], late, *[[*late, state]] * CONFIRMATIONS)
        assert [ids(each.assign) for each in seen if each.assign] == [["e"] if state.closed else ["e", "x"]]


def test_a_shard_that_closes_during_the_watch_is_read_and_its_child_after_it() -> None:
    orphan = opened("d", "trimmed")
    _, seen = feed(
        Lineage(), [opened("p"), orphan], *[[closed("p"), opened("c", "p"), orphan]] * (CONFIRMATIONS - 1)
    )
    assert families(seen[-1].assign) == [("p", None, "p"), ("c", "p", "p"), ("d", None, "d")]


def test_a_late_shard_between_an_open_one_and_its_grandchild_restarts_the_watch() -> None:
    child = opened("c", "b")
    _, seen = feed(Lineage(), [opened("a"), child], [closed("a"), closed("b", "a"), child])
    assert not seen[0].assign
    assert families(seen[1].assign) == [("c", None, "c")]


def test_from_the_oldest_a_late_parent_is_read_before_its_child() -> None:
    child = opened("c", "b")
    _, seen = feed(Lineage(oldest=True), [child], [closed("b"), child])
    assert families(seen[1].assign) == [("b", None, "b"), ("c", "b", "b")]


def test_shards_that_name_each_other_as_parents_do_not_hang_the_listing() -> None:
    _, (seen,) = feed(Lineage(), [opened("a", "b"), opened("b", "a"), opened("c")])
    assert ids(seen.assign) == ["c"]
