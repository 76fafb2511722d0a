from __future__ import annotations

import pytest

from connectors.dynamodb.streams.lineage import CONFIRMATIONS, FORGET_AFTER, Lineage
from connectors.dynamodb.streams.tracking import observe
from tests.fakes.state import saved
from tests.unit.connectors.dynamodb.streams.listings import closed, families, feed, ids, opened

AFTER_CHILD = "shard b was listed only after its child was being read"


def test_the_same_listing_twice_assigns_nothing_twice() -> None:
    listing = [closed("a"), opened("b", "a"), opened("c", "a")]
    _, seen = feed(Lineage(), listing, listing, listing)
    assert [ids(each.assign) for each in seen] == [["b", "c"], [], []]
    assert seen[1].lineage == seen[2].lineage


def test_a_four_way_split_follows_its_parent_in_the_same_family() -> None:
    children = [opened(f"c{n}", "p") for n in range(4)]
    _, seen = feed(Lineage(), [opened("p")], [closed("p"), *children])
    assert families(seen[1].assign) == [(f"c{n}", "p", "p") for n in range(4)]


def test_a_child_follows_a_parent_that_an_earlier_page_still_shows_open() -> None:
    _, seen = feed(Lineage(), [opened("p")], [opened("p"), opened("c", "p")])
    assert families(seen[1].assign) == [("c", "p", "p")]


def test_a_chain_that_grew_between_two_listings_is_assigned_from_the_top() -> None:
    chain = [closed(f"s{n}", f"s{n + 1}" if n < 3000 else "p") for n in range(1, 3001)]
    _, seen = feed(Lineage(), [opened("p")], [closed("p"), opened("s0", "s1"), *chain])
    assert ids(seen[1].assign) == [f"s{n}" for n in range(3000, -1, -1)]
    assert {each.root_id for each in seen[1].assign} == {"p"}


def test_rotation_of_idle_shards_continues_forever_in_bounded_state() -> None:
    names = [f"s{n:03d}" for n in range(300)]
    lineage, _ = feed(Lineage(), [opened(names[0])])
    sizes, forgotten = [], []
    for n in range(1, 300):
        window = [closed(names[k], names[k - 1] if k else None) for k in range(max(0, n - 6), n)]
        seen = observe(lineage, [*window, opened(names[n], names[n - 1])])
        lineage = seen.lineage
        assert families(seen.assign) == [(names[n], names[n - 1], names[0])]
        assert not seen.gaps
        sizes.append(len(saved(lineage)))
        forgotten.extend(seen.forget)
    assert len(set(sizes[150:])) == 1
    assert forgotten == [(name, names[0]) for name in names[: len(forgotten)]]
    assert len(forgotten) > 180


def test_the_child_of_a_shard_closed_before_the_start_is_read_when_it_is_listed_at_last() -> None:
    first = [closed("a"), opened("x")]
    _, seen = feed(Lineage(), first, first, [*first, closed("b", "a"), opened("c", "b")])
    assert families(seen[2].assign) == [("b", None, "b"), ("c", "b", "b")]


def test_a_parent_listed_late_joins_its_child_to_the_family() -> None:
    last = [closed("p"), closed("b", "p"), opened("c", "b"), opened("d", "c")]
    without_b = [last[0], *last[2:]]
    _, seen = feed(Lineage(), [opened("p")], *[without_b] * (CONFIRMATIONS - 1), last)
    assert not any(each.assign or each.gaps for each in seen[1:-1])
    assert families(seen[-1].assign) == [("b", "p", "p"), ("c", "b", "p"), ("d", "c", "p")]


def test_a_line_of_shards_that_come_to_light_from_its_end_is_no_gap_and_read_from_its_top() -> None:
    line = [closed("p"), closed("m", "p"), closed("n", "m"), closed("t", "n"), opened("u", "t")]
    hides = CONFIRMATIONS - 1
    without_mn, without_m = [line[0], *line[3:]], [line[0], *line[2:]]
    _, seen = feed(Lineage(), [opened("p")], *[without_mn] * hides, *[without_m] * hides, line)
    assert not any(each.gaps or each.assign for each in seen[1:-1])
    assert not seen[-1].gaps
    assert ids(seen[-1].assign) == ["m", "n", "t", "u"]


def test_a_parent_that_came_and_was_trimmed_unseen_is_a_gap() -> None:
    _, seen = feed(Lineage(), [opened("p")], *[[opened("c", "unseen")]] * CONFIRMATIONS)
    assert not any(each.gaps or each.assign for each in seen[1:-1])
    assert seen[-1].gaps == ["shard unseen was trimmed before it was ever listed to this job"]


def test_listings_that_show_a_missing_parent_now_and_then_do_not_add_up_to_a_gap() -> None:
    missing, whole = [opened("c", "b")], [closed("b", "p"), opened("c", "b")]
    _, seen = feed(Lineage(), [opened("p")], *[missing] * 4, whole, *[missing] * 4, whole)
    assert not any(each.gaps for each in seen)
    assert [ids(each.assign) for each in seen if each.assign] == [["p"], ["b", "c"]]


def test_a_parent_of_a_shard_that_was_open_at_the_start_is_never_read_however_long_it_hid() -> None:
    child = opened("c", "b")
    _, seen = feed(Lineage(), *[[child]] * (CONFIRMATIONS + 1), [closed("a"), closed("b", "a"), child])
    assert not seen[-1].assign
    assert not seen[-1].gaps


def test_from_the_oldest_a_parent_listed_after_its_child_was_begun_is_a_gap() -> None:
    child = opened("c", "b")
    _, seen = feed(Lineage(oldest=True), *[[child]] * CONFIRMATIONS, [closed("b"), child])
    assert seen[-1].gaps == [AFTER_CHILD]


def test_a_late_shard_between_one_being_read_and_an_orphan_of_the_start_is_a_gap() -> None:
    child = opened("c", "b")
    _, seen = feed(Lineage(), *[[opened("a"), child]] * CONFIRMATIONS, [closed("a"), closed("b", "a"), child])
    assert ids(seen[-2].assign) == ["a", "c"]
    assert seen[-1].gaps == [AFTER_CHILD]


def test_a_line_of_late_shards_between_one_being_read_and_an_orphan_is_a_gap_even_one_by_one() -> None:
    child = opened("d", "c")
    _, seen = feed(
        Lineage(),
        *[[opened("a"), child]] * CONFIRMATIONS,
        [opened("a"), closed("c", "b"), child],
        [closed("a"), closed("b", "a"), closed("c", "b"), child],
    )
    assert not seen[-2].gaps
    assert seen[-1].gaps == [AFTER_CHILD]


@pytest.mark.parametrize("orphan", [True, False])
def test_a_shard_that_hid_until_it_closed_is_a_gap_only_with_an_orphan_of_the_start(orphan: bool) -> None:
    """It may be an ancestor of the orphan then: older than what is being read."""
    first = [closed("a"), opened("x", "a"), opened("d", "c" if orphan else None)]
    _, seen = feed(Lineage(), *[first] * CONFIRMATIONS, [*first, closed("b", "a")])
    assert ids(seen[-1].assign) == ([] if orphan else ["b"])
    assert seen[-1].gaps == (["shard b was listed only after it had closed"] if orphan else [])


def test_a_shard_that_hid_and_is_open_is_read_even_with_an_orphan_of_the_start() -> None:
    first = [closed("a"), opened("x", "a"), opened("d", "c")]
    _, seen = feed(Lineage(), *[first] * CONFIRMATIONS, [*first, opened("b", "a")])
    assert families(seen[-1].assign) == [("b", None, "b")]


def test_a_shard_missing_from_some_listings_is_not_forgotten() -> None:
    whole = [closed("a"), opened("b", "a")]
    absent = [[opened("b", "a")]] * (FORGET_AFTER - 1)
    _, seen = feed(Lineage(oldest=True), whole, *absent, whole, *absent, whole)
    assert not any(each.forget for each in seen)
    assert not any(each.assign for each in seen[1:])


def test_an_open_shard_is_not_forgotten_however_long_it_hides() -> None:
    both = [opened("a"), opened("b")]
    _, seen = feed(Lineage(), both, *[[opened("b")]] * 2 * FORGET_AFTER, both)
    assert not any(each.forget or each.assign for each in seen[1:])


def test_a_vanished_shard_is_forgotten_once_and_only_its_reader_is_notified() -> None:
    first = [closed("before"), opened("a", "before")]
    gone = [opened("b", "a")]
    lineage, seen = feed(Lineage(), first, *[gone] * (FORGET_AFTER + 2))
    told = [tuple(each) for observed in seen for each in observed.forget]
    assert told == [("a", "a")]
    assert sorted(lineage.shards) == ["b"]


def test_a_closed_shard_without_children_is_forgotten_too() -> None:
    _, seen = feed(Lineage(oldest=True), [closed("a"), opened("b")], *[[opened("b")]] * FORGET_AFTER)
    assert seen[-1].forget == [("a", "a")]


def test_a_forgotten_shard_that_shows_again_is_not_read_again_and_is_no_gap() -> None:
    gone = [opened("b", "a")]
    again = [closed("a"), *gone, opened("late", "a")]
    _, seen = feed(Lineage(), [opened("a")], *[gone] * FORGET_AFTER, again)
    assert seen[-2].forget == [("a", "a")]
    assert families(seen[-1].assign) == [("late", "a", "a")]
    assert not seen[-1].gaps


def test_a_forgotten_shard_that_shows_again_without_its_child_is_a_gap_and_not_read_again() -> None:
    end = [opened("c", "b")]
    _, seen = feed(
        Lineage(),
        [opened("a")],
        [closed("a"), closed("b", "a"), *end],
        *[end] * FORGET_AFTER,
        [closed("a"), *end],
    )
    assert sorted(seen[-2].lineage.shards) == ["c"]
    assert not seen[-1].assign
    assert seen[-1].gaps == ["shard a was listed only after it had closed"]


def test_a_child_of_a_parent_that_vanished_at_the_same_moment_still_follows_it() -> None:
    _, seen = feed(Lineage(), [opened("a")], [opened("b", "a")])
    assert families(seen[1].assign) == [("b", "a", "a")]


def test_late_shards_that_name_each_other_as_parents_do_not_hang_the_listing() -> None:
    loop = [opened("a", "b"), opened("b", "a")]
    _, seen = feed(Lineage(), [opened("x")], [opened("x"), *loop], [opened("x"), *loop])
    assert not any(each.assign for each in seen[1:])
